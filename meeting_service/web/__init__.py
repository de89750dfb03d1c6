"""HTTP: thin handlers over sessions. Audio in, meetings, live events, downloads, pages."""
