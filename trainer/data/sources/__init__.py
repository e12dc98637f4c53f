"""Any file a person drops in -> rows in chunks, their values unchanged, in bounded memory."""

from trainer.data.sources.fingerprint import fingerprint
from trainer.data.sources.opening import open_source
from trainer.data.sources.source import Chunk, ReadProblem, Row, Source

__all__ = ["Chunk", "ReadProblem", "Row", "Source", "fingerprint", "open_source"]
