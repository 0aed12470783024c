"""Named sets of parameters for `AttentionSequenceRecommender`.

Each is a plain dict for ``set_params`` or the constructor::

    >>> from seqrec import AttentionSequenceRecommender
    >>> from seqrec.recipes import sasrec
    >>> AttentionSequenceRecommender(**sasrec).encoder
    'transformer'

Those named after a published model have its architecture, its loss and its sizes, and
none of what seqrec adds by default (embeddings that start from counts, the path from
the last item to the scores, what times say, targets further ahead, a memory beside it),
trained by seqrec's own optimiser and schedule, Transformers at rates of their own, and
items that have biases. `RECIPES` has all of them by name. The set that reached most in
the study of accuracy is that of the defaults.
"""

__all__ = ["RECIPES", "esasrec", "gru4rec", "gsasrec", "narm", "sasrec"]

_PLAIN = {
    "embedding_init": "normal",
    "time_features": (),
    "context": None,
    "label_smoothing": 0.0,
    "lookahead": 0.0,
    "temperature": None,
    "memory": None,
    "net_params": {"module__residual": False},
}

#: B. Hidasi and A. Karatzoglou (2018). Recurrent neural networks with top-k gains for
#: session-based recommendations. CIKM. arXiv:1706.03847
gru4rec = {
    **_PLAIN,
    "encoder": "gru",
    "hidden_units": 128,
    "embedding_dim": 128,
    "attention": "none",
    "loss": "sampled_softmax",
    "n_negatives": 2048,
    "sampling_power": 0.5,
    "embedding_dropout": 0.0,
    "dropout": 0.4,
}

#: J. Li, P. Ren, Z. Chen, Z. Ren, T. Lian and J. Ma (2017). Neural attentive
#: session-based recommendation. CIKM. doi:10.1145/3132847.3132926
narm = {
    **_PLAIN,
    "encoder": "gru",
    "hidden_units": 100,
    "embedding_dim": 50,
    "attention": "additive",
    "loss": "softmax",
    "embedding_dropout": 0.25,
    "dropout": 0.5,
}

#: W.-C. Kang and J. McAuley (2018). Self-attentive sequential recommendation. ICDM.
#: arXiv:1808.09781; with the softmax of A. Klenitskiy and A. Vasilev (2023). Turning
#: dross into gold loss: is BERT4Rec really better than SASRec? RecSys.
#: arXiv:2309.07602
sasrec = {
    **_PLAIN,
    "encoder": "transformer",
    "positions": "learned",
    "hidden_units": 64,
    "embedding_dim": 64,
    "n_layers": 2,
    "n_heads": 1,
    "attention": "none",
    "loss": "softmax",
    "embedding_dropout": 0.0,
    "dropout": 0.2,
    "max_length": 200,
    "lr": 0.002,
    "max_epochs": 60,
}

#: A. V. Petrov and C. Macdonald (2023). gSASRec: reducing overconfidence in sequential
#: recommendation trained with negative sampling. RecSys. arXiv:2308.07192; with one
#: matrix of item vectors, as SASRec, for which the source takes two by default.
gsasrec = {
    **sasrec,
    "hidden_units": 128,
    "embedding_dim": 128,
    "loss": "gbce",
    "n_negatives": 256,
    "sampling_power": 0.0,
    "calibration": 0.75,
    "lr": 0.003,
    "max_epochs": 25,
}

#: D. Tikhonovich et al. (2025). eSASRec: enhancing transformer-based recommendations in
#: a modular fashion. RecSys. arXiv:2508.06450. In the sizes that it has for Amazon's
#: shops; for MovieLens with 1 million ratings 64 units, 2 layers, 200 events and 0.1
#: dropout, for that with 20 million 4 layers and 8 heads.
esasrec = {
    **_PLAIN,
    "encoder": "ligr",
    "positions": "learned",
    "hidden_units": 256,
    "embedding_dim": 256,
    "n_layers": 1,
    "n_heads": 1,
    "attention": "none",
    "loss": "sampled_softmax",
    "n_negatives": 256,
    "sampling_power": 0.0,
    "embedding_dropout": 0.2,
    "dropout": 0.2,
    "max_length": 50,
    "lr": 0.001,
    "max_epochs": 30,
}

RECIPES = {
    "esasrec": esasrec,
    "gru4rec": gru4rec,
    "gsasrec": gsasrec,
    "narm": narm,
    "sasrec": sasrec,
}
