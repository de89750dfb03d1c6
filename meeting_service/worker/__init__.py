"""The worker: segmenter and recogniser in a process of their own, so that what crashes them loses nothing.

`loop`, `batch`, `load`, `isolation` and `stream` are the work, `recognisers` the models that do it; `home` is
the child process seen from the service, `child` the child seen from inside, `inline` the same without a
process; `messages` is what is said, `outgoing` how answers wait.
"""
