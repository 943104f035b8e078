"""python -m legacyops_model.ft FOLDER: see run."""

from ..run import main
from .prove import PARTS, explored

if __name__ == "__main__":
    main(explored, PARTS)
