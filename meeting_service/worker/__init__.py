"""The worker: segmenter and recogniser in a process of their own, so that what crashes them loses nothing.

`loop` and `stream` are the work, `home` the child process seen from the service, `__main__` the child seen
from inside, `inline` the same work without a process, `messages` what is said.
"""
