"""The contract of sending audio, played with in every order that chance finds.

`takes` is the model: what each stream must hold. `machine` has the rules: what senders do and what they must
be told; `verdict` what must have come of it, `hearing` with which text. `sender` is a socket that does what
it is told, `inside` a service in this process that can be stopped in the middle, `outside` one in a process
of its own, `world` what all examples share; `game` plays.
"""
