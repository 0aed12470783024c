"""Files that hold fitted models (floor 3)."""

from seqrec.persistence._joblib import load_model, save_model

__all__ = ["load_model", "save_model"]
