"""The worker: segmenter and recogniser in a process of their own, so that what crashes them loses nothing.

`loop`, `batch`, `load`, `isolation` and `stream` are the work, `recognisers` the models that do it; `home` is
where children live one after another, `process` one of them seen from the service, `child` seen from inside,
`inline` the same without a process; `messages` is what is said, `outgoing` how answers wait. `blackboard` is
what a child leaves behind when it dies, `suspects` and `notes` what is made of it, `watch` who is stuck.
"""
