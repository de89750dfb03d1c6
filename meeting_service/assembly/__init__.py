"""From the tokens of one participant's utterances to final sentences.

`words` joins tokens into words, `boundaries` says where a sentence ends, `sentences` holds what is not
complete yet and gives out the rest, `steady` says which words of drafts are shown. Tokens stay in the order
they were recognised in.
"""

from meeting_service.assembly.sentences import SentenceAssembler, assemble

__all__ = ["SentenceAssembler", "assemble"]
