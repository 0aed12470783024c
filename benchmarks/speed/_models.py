"""The one table of what is compared: configurations of seqrec, and peers."""

import os
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

# What every configuration of seqrec adds to its own parameters.
ALWAYS = {"exclude_seen": True, "random_state": 0, "device": "cpu"}

# "none" where a peer's architecture has no further attention over the encoder's states.
SEQREC = {
    "default": {},
    # To a good score soon, rather than to the best one.
    "fast": {
        "attention": "none",
        "embedding_dim": 64,
        "embedding_dropout": 0.1,
        "dropout": 0.1,
        "loss": "sampled_softmax",
        "n_negatives": 384,
        "sampling_power": 0.5,
        "max_length": 50,
        "batch_size": 2048,
        "lr": 0.02,
        "max_epochs": 1,
    },
    "lstm 64": {
        "encoder": "lstm",
        "hidden_units": 64,
        "embedding_dim": 64,
        "loss": "sampled_softmax",
    },
    "transformer 64": {
        "encoder": "transformer",
        "attention": "none",
        "n_layers": 2,
        "n_heads": 2,
        "hidden_units": 64,
        "embedding_dim": 64,
        "loss": "softmax",
        "label_smoothing": 0.0,
        "max_length": 50,
    },
    "gru 128": {
        "encoder": "gru",
        "attention": "none",
        "hidden_units": 128,
        "embedding_dim": 64,
        "loss": "softmax",
        "label_smoothing": 0.0,
        "max_length": 50,
        "batch_size": 2048,
    },
}
# RecBole's batches hold 256 rows of 50 or 200 events.
SEQREC_BY_DATA = {("gru 128", "ml-1m"): {"max_length": 200, "batch_size": 8192}}


class Peer(NamedTuple):
    """A model of another library.

    Attributes
    ----------
    name : str
        How it is called here.
    library : str
        Key of `LIBRARIES`.
    rival : str
        Configuration of seqrec that it is timed in turn with.
    settings : dict
        For its runner.
    by_data : dict
        Further settings, by data set.
    """

    name: str
    library: str
    rival: str
    settings: dict
    by_data: dict = {}


_SASREC = {"dim": 64, "n_blocks": 2, "n_heads": 2, "dropout": 0.2, "batch_size": 128}
_RECBOLE = {"batch_size": 256, "max_length": 50}
_LONGER = {"ml-1m": {"max_length": 200}}

PEERS = [
    Peer(
        "RecTools SASRec softmax",
        "rectools",
        "transformer 64",
        {**_SASREC, "loss": "softmax", "max_length": 50},
    ),
    Peer(
        "RecTools SASRec sampled",
        "rectools",
        "lstm 64",
        {**_SASREC, "loss": "sampled_softmax", "n_negatives": 64, "max_length": 20},
    ),
    Peer(
        "RecBole GRU4Rec",
        "recbole",
        "gru 128",
        {"model": "GRU4Rec", **_RECBOLE},
        _LONGER,
    ),
    Peer("RecBole NARM", "recbole", "default", {"model": "NARM", **_RECBOLE}, _LONGER),
    Peer(
        "RecBole SASRec",
        "recbole",
        "transformer 64",
        {"model": "SASRec", **_RECBOLE},
        _LONGER,
    ),
    Peer(
        "GRU4Rec official",
        "gru4rec",
        "default",
        {"batch_size": 32},
        {"ml-1m": {"batch_size": 128}},
    ),
]


class Library(NamedTuple):
    """Where a peer's runner and interpreter are."""

    runner: str
    variable: str
    default: str


# The variable names an interpreter; for GRU4Rec, which is no package, the folder with
# gru4rec_pytorch.py, read by the interpreter of SEQREC_PEER_GRU4REC_PYTHON.
LIBRARIES = {
    "rectools": Library(
        "peer_rectools.py", "SEQREC_PEER_RECTOOLS", ".venv-rectools/bin/python"
    ),
    "recbole": Library(
        "peer_recbole.py", "SEQREC_PEER_RECBOLE", ".venv-recbole/bin/python"
    ),
    "gru4rec": Library(
        "peer_gru4rec.py", "SEQREC_PEER_GRU4REC_PYTHON", ".venv-rectools/bin/python"
    ),
}


def interpreter(library):
    """Return the interpreter of a library's peers; None, with a word, if absent."""
    entry = LIBRARIES[library]
    path = Path(os.environ.get(entry.variable) or ROOT / entry.default)
    if not path.exists():
        print(f"- {library} is absent: no {path}. Run `make bench-peers`, or name an")
        print(f"  interpreter in {entry.variable}.", flush=True)
        return None
    if library == "gru4rec":
        source = os.path.abspath(os.environ.get("SEQREC_PEER_GRU4REC") or os.devnull)
        if not (Path(source) / "gru4rec_pytorch.py").is_file():
            print("- gru4rec is absent: SEQREC_PEER_GRU4REC names no folder with")
            print(
                "  gru4rec_pytorch.py (hidasib/GRU4Rec_PyTorch_Official).", flush=True
            )
            return None
        os.environ["SEQREC_PEER_GRU4REC"] = source  # runners work in another folder
    return os.path.abspath(path)  # unresolved: a link is what makes an environment


def seqrec_settings(name, data):
    """Return the parameters of a configuration on a data set."""
    return {**ALWAYS, **SEQREC[name], **SEQREC_BY_DATA.get((name, data), {})}


def peer_settings(peer, data):
    """Return the settings of a peer on a data set."""
    return {**peer.settings, **peer.by_data.get(data, {})}


def chosen(only, *, with_peers=True):
    """Return the configurations and the installed peers whose names hold a word.

    Parameters
    ----------
    only : list of str
        Words; none are all.
    with_peers : bool, default=True
        Whether to look for peers at all.

    Returns
    -------
    names : list of str
        Of `SEQREC`.
    peers : list of (Peer, str)
        With the path of the interpreter.
    """

    def is_wanted(name):
        return not only or any(word.lower() in name.lower() for word in only)

    names = [name for name in SEQREC if is_wanted(f"seqrec {name}")]
    peers = [peer for peer in PEERS if with_peers and is_wanted(peer.name)]
    found = {
        kind: interpreter(kind) for kind in dict.fromkeys(p.library for p in peers)
    }
    return names, [(p, found[p.library]) for p in peers if found[p.library]]
