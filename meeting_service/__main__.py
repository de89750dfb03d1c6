"""`python -m meeting_service` is the command line."""

from meeting_service.cli import main

if __name__ == "__main__":
    main()
