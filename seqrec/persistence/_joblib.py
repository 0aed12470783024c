"""Save and load models with joblib, whole or not at all."""

import os
import uuid
from pathlib import Path

import joblib
from sklearn.base import BaseEstimator

from seqrec._validation.params import suggest
from seqrec.exceptions import ModelFileError

__all__ = ["check_target", "load_model", "save_model"]


def save_model(path, model):
    """Write a model to a file, or leave the old file as it was.

    The model goes to a second file beside `path`, which takes its place only once it
    is complete: a full disk, an interrupt or a lost connection costs nothing.

    Parameters
    ----------
    path : str or path-like
        The file to write; an old file of that name is replaced.
    model : estimator
        A recommender, or a pipeline or search that ends in one.

    Raises
    ------
    FileNotFoundError
        If the folder of `path` does not exist.
    IsADirectoryError
        If `path` is a folder.
    OSError
        If the file cannot be written.
    TypeError
        If `model` is no estimator or cannot be pickled.

    See Also
    --------
    load_model : Read the file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from seqrec.estimators import PopularityRecommender
    >>> from seqrec.persistence import load_model, save_model
    >>> model = PopularityRecommender().fit([["a", "b"], ["b", "c"]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.joblib")
    ...     save_model(path, model)
    ...     load_model(path)
    PopularityRecommender()
    """
    if not isinstance(model, BaseEstimator):
        raise TypeError(
            f"save_model saves estimators. Got {type(model).__name__}. Pass path "
            f"first, then the model."
        )
    path = check_target(path)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        _write(aside, model)
        aside.replace(path)
    except OSError as exc:
        raise OSError(
            exc.errno,
            f"The model was not saved ({exc.strerror or exc}); what was at "
            f"{str(path)!r} is as before",
        ) from exc
    finally:
        aside.unlink(missing_ok=True)


def check_target(path):
    """Return where to write, links followed, or raise what writing would raise."""
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(
            f"{str(path)!r} is a folder. Name a file in it, for example "
            f"{str(path / 'model.joblib')!r}."
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"The folder {str(path.parent)!r} does not exist. Make it first, or write "
            f"elsewhere."
        )
    return path


def _write(path, model):
    with path.open("xb") as file:
        try:
            joblib.dump(model, file)
        except OSError:
            raise
        except Exception as exc:
            raise TypeError(
                f"The model cannot be saved: {exc}. Classes and functions given as "
                f"parameters must stand at the top of an importable module."
            ) from exc
        file.flush()
        os.fsync(file.fileno())


def load_model(path):
    """Read a model that `save_model` wrote.

    Reading runs code that the file names: load only files you trust.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    model : estimator
        What was saved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If the file is empty, cut short, no model, or of a package that is not
        installed.

    See Also
    --------
    save_model : Write the file.
    """
    path = _check_source(path)
    try:
        with path.open("rb") as file:
            model = joblib.load(file)
    except ImportError as exc:
        if not str(exc.name).replace(".", "").isidentifier():  # text, read as a pickle
            raise ModelFileError(
                f"File {str(path)!r} was not written by seqrec. Name a file that "
                f"save_model or 'seqrec fit' wrote."
            ) from exc
        raise ModelFileError(
            f"The model in {str(path)!r} needs a module that is not here: {exc}. "
            f"Install what it was fitted with, or fit it again."
        ) from exc
    except (OSError, MemoryError):
        raise
    except Exception as exc:
        raise ModelFileError(
            f"File {str(path)!r} is not a complete model: it is cut short, damaged, or "
            f"was not written by seqrec ({type(exc).__name__}: {exc}). Fit and save "
            f"the model again."
        ) from exc
    if not isinstance(model, BaseEstimator):
        raise ModelFileError(
            f"File {str(path)!r} holds no model but an object of type "
            f"{type(model).__name__!r}. Name a file that save_model or 'seqrec fit' "
            f"wrote."
        )
    return model


def _check_source(path):
    path = Path(path)
    if path.is_dir():
        raise FileNotFoundError(f"{str(path)!r} is a folder. Name a model file in it.")
    if not path.is_file():
        near = path.parent.iterdir() if path.parent.is_dir() else ()
        hint = suggest(path.name, sorted(other.name for other in near))
        raise FileNotFoundError(f"File {str(path)!r} does not exist.{hint}")
    if path.stat().st_size == 0:
        raise ModelFileError(
            f"File {str(path)!r} is empty (0 bytes): saving was cut short. Fit and "
            f"save the model again."
        )
    return path
