"""AttentionSequenceRecommender: a recurrent network with attention, as an estimator."""

from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from skorch.history import History

from seqrec._compat import Interval, StrOptions, validate_parameters
from seqrec.estimators._base import BaseRecommender
from seqrec.estimators._batching import TrainingSet, history_batches
from seqrec.estimators._embedding_init import START_STD, svd_embedding
from seqrec.estimators._hold_out import HeldOutRanks, hold_out_targets
from seqrec.estimators._inputs import check_learnable
from seqrec.estimators._net import (
    build_net,
    choose_device,
    encode_histories,
    one_thread,
    score_histories,
    seeded,
    training_callbacks,
)
from seqrec.estimators._saving import (
    forget_training,
    net_from_arrays,
    net_to_arrays,
)
from seqrec.nn.attention import ATTENTIONS
from seqrec.nn.encoders import ENCODERS
from seqrec.nn.heads import HEADS
from seqrec.nn.losses import LOSSES

__all__ = ["AttentionSequenceRecommender"]

_FULL_SOFTMAX_ITEMS = 6000  # loss="auto": larger catalogues sample
_MAX_BATCH = 512  # batch_size="auto": events of a batch, ...
_MIN_BATCH = 32
_MIN_STEPS = 50  # ... fewer where an epoch would have fewer batches than this


class AttentionSequenceRecommender(BaseRecommender):
    """Recommend the next item with an encoder and attention over the events so far.

    Item embeddings `e_t` go through a recurrent encoder, ``h_t = f(e_t, h_(t-1))``.
    Attention from `h_t` over ``h_1 .. h_t`` gives a context `a_t` [1]_ [2]_ [3]_, and
    the state ``z_t = W [h_t, a_t] + e_t`` scores every item `i` by its output vector,
    ``z_t . o_i + b_i``. All positions of a history are trained at once: the state
    after event `t` predicts event `t + 1` and sees no later event.

    Parameters
    ----------
    encoder : {"lstm", "gru", "rnn"} or class, default="lstm"
        Kind of recurrent encoder.
    hidden_units : int, default=64
        Width of the encoder's states.
    n_layers : int, default=1
        Layers of the encoder.
    attention : {"multihead", "dot", "additive", "none"} or class, default="multihead"
        Kind of attention.
    n_heads : int or None, default=None
        Heads of "multihead" attention, a divisor of `hidden_units`. None: 2 for
        "multihead", 1 for the others, which have no more.
    attention_activation : {"softmax", "gelu", "silu"}, default="softmax"
        How attention scores become weights; "gelu" and "silu" are pointwise and
        divided by the number of events seen.
    embedding_dim : int, default=128
        Width of item embeddings and of states.
    embedding_init : {"svd", "normal"}, default="svd"
        Start of the item embeddings: factors of the matrix of which items follow
        each other, or random numbers.
    head : {"tied", "linear"} or class, default="tied"
        Output vectors: the item embeddings themselves, or a matrix of their own.
    embedding_dropout : float, default=0.4
        Share of embedding values that are dropped before the encoder in training.
    dropout : float, default=0.3
        Share of encoder, context and state values that are dropped in training.
    max_length : int, default=100
        How many latest events an answer looks at. In training, longer histories are
        cut into pieces of at most so many events, at other places in each epoch, so
        that no event is unused.
    loss : {"auto", "softmax", "sampled_softmax"}, default="auto"
        Cross-entropy over the whole catalogue, or over `n_negatives` items drawn a
        batch. "auto" takes the whole catalogue up to 6,000 items; `loss_` tells.
    n_negatives : int, default=1024
        Items drawn for a batch, used by "sampled_softmax".
    label_smoothing : float, default=0.1
        Share of probability that is spread over the catalogue, used by "softmax".
    lr : float, default=0.004
        Largest learning rate. It rises over the first tenth of training and falls to
        nearly zero along half a cosine.
    weight_decay : float, default=0.0
        Decay of the weights, as in AdamW.
    batch_size : int or "auto", default="auto"
        Events of a batch, padding included. "auto" takes 512, and fewer (32 at least)
        where an epoch would have less than 50 batches.
    max_epochs : int, default=15
        Passes over the data.
    early_stopping : bool, default=False
        Hold out the last event of some users, score it after each epoch, stop after
        `n_iter_no_change` epochs without a better NDCG@10 and keep the best epoch.
    validation_fraction : float, default=0.1
        Share of users whose last event is held out, used by `early_stopping`.
    n_iter_no_change : int, default=3
        Epochs to wait, used by `early_stopping`.
    top_k : int, default=10
        How many items `predict` returns.
    exclude_seen : bool or "auto", default="auto"
        Leave history items out of the ranking. "auto" does if less than one event in
        a hundred repeats an item of the same user; `exclude_seen_` tells.
    device : str, default="auto"
        Where to compute: "cpu", "cuda", "cuda:1", ...; "auto" takes a GPU if there
        is one.
    precision : {"fp32", "bf16"}, default="fp32"
        Arithmetic of training; "bf16" is mixed precision, for devices that have it.
    callbacks : list of skorch callbacks or None, default=None
        Further callbacks, as skorch takes them.
    net_params : dict or None, default=None
        Further arguments of the skorch net, for example
        ``{"optimizer": torch.optim.SGD}``; they override those set from above.
    random_state : int, RandomState instance or None, default=None
        Source of random numbers; an int gives the same result at every fit.
    verbose : int, default=0
        1 shows a table and a progress bar.
    warm_start : bool, default=False
        Whether `fit` starts from the weights of the last one.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; `net_.history` has the loss of each epoch, and with
        `early_stopping` its "valid_ndcg".
    items_ : ndarray of shape (n_items,)
        The catalogue in code order.
    n_items_ : int
        Size of the catalogue.
    exclude_seen_ : bool
        Whether seen items leave the ranking.
    loss_ : str
        The loss in use.
    n_epochs_ : int
        Passes over the data so far, in all fits that went on from each other.

    See Also
    --------
    SequentialRulesRecommender : The floor to beat, fitted in a moment.

    Notes
    -----
    `fit` and `predict` compute on one thread of the CPU, so that a result does not
    depend on `n_jobs`. The optimiser starts afresh at every `fit` and `partial_fit`.
    A saved model loads on a machine without a GPU. An empty history gets the most
    popular items. Stability: stable.

    References
    ----------
    .. [1] J. Li, P. Ren, Z. Chen, Z. Ren, T. Lian and J. Ma (2017). Neural attentive
       session-based recommendation. CIKM. doi:10.1145/3132847.3132926
    .. [2] D. Bahdanau, K. Cho and Y. Bengio (2015). Neural machine translation by
       jointly learning to align and translate. ICLR. arXiv:1409.0473
    .. [3] A. Vaswani et al. (2017). Attention is all you need. NeurIPS.
       arXiv:1706.03762

    Examples
    --------
    >>> from seqrec import AttentionSequenceRecommender
    >>> model = AttentionSequenceRecommender(max_epochs=30, random_state=0)
    >>> _ = model.fit([["a", "b", "c", "d"], ["b", "c", "d"], ["a", "b", "c"]] * 20)
    >>> model.predict([["a", "b"]], top_k=1)
    array([['c']], dtype=object)
    """

    _parameter_constraints = {
        **BaseRecommender._parameter_constraints,
        "encoder": [StrOptions(set(ENCODERS)), type],
        "hidden_units": [Interval(Integral, 1, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "attention": [StrOptions(set(ATTENTIONS)), type],
        "n_heads": [Interval(Integral, 1, None, closed="left"), None],
        "attention_activation": [StrOptions({"softmax", "gelu", "silu"})],
        "embedding_dim": [Interval(Integral, 1, None, closed="left")],
        "embedding_init": [StrOptions({"svd", "normal"})],
        "head": [StrOptions(set(HEADS)), type],
        "embedding_dropout": [Interval(Real, 0, 1, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_length": [Interval(Integral, 1, None, closed="left")],
        "loss": [StrOptions({"auto", *LOSSES})],
        "n_negatives": [Interval(Integral, 1, None, closed="left")],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "device": [str, torch.device],
        "precision": [StrOptions({"fp32", "bf16"})],
        "callbacks": [list, tuple, None],
        "net_params": [dict, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
    }

    def __init__(
        self,
        *,
        encoder="lstm",
        hidden_units=64,
        n_layers=1,
        attention="multihead",
        n_heads=None,
        attention_activation="softmax",
        embedding_dim=128,
        embedding_init="svd",
        head="tied",
        embedding_dropout=0.4,
        dropout=0.3,
        max_length=100,
        loss="auto",
        n_negatives=1024,
        label_smoothing=0.1,
        lr=4e-3,
        weight_decay=0.0,
        batch_size="auto",
        max_epochs=15,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=3,
        top_k=10,
        exclude_seen="auto",
        device="auto",
        precision="fp32",
        callbacks=None,
        net_params=None,
        random_state=None,
        verbose=0,
        warm_start=False,
    ):
        self.encoder = encoder
        self.hidden_units = hidden_units
        self.n_layers = n_layers
        self.attention = attention
        self.n_heads = n_heads
        self.attention_activation = attention_activation
        self.embedding_dim = embedding_dim
        self.embedding_init = embedding_init
        self.head = head
        self.embedding_dropout = embedding_dropout
        self.dropout = dropout
        self.max_length = max_length
        self.loss = loss
        self.n_negatives = n_negatives
        self.label_smoothing = label_smoothing
        self.lr = lr
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.top_k = top_k
        self.exclude_seen = exclude_seen
        self.device = device
        self.precision = precision
        self.callbacks = callbacks
        self.net_params = net_params
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start

    # ------------------------------------------------------------------ learning
    def fit(self, X, y=None):
        """Train the network.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories, one row a user or session.
        y : array-like of shape (n_rows,) or None, default=None
            Item id that follows each row. None: every event of a row but its first is
            learned from the events before it.

        Returns
        -------
        self : AttentionSequenceRecommender
            The fitted recommender.

        Raises
        ------
        ValueError
            If a parameter is out of range, no row has an event with a next one, the
            catalogue has a single item, or `warm_start` meets another catalogue.
        TypeError
            If `X` is an event log (encode it first) or holds ids of mixed kinds.
        """
        validate_parameters(self)
        sequences, targets = self._check_fit(X, y)
        start = None
        if self.warm_start and hasattr(self, "net_"):
            if sequences.vocabulary != self.vocabulary_:
                raise ValueError(
                    f"warm_start=True needs the catalogue of the last fit "
                    f"({self.n_items_} items). Got one of {sequences.n_items}; encode "
                    f"with the same SequenceEncoder or set warm_start=False."
                )
            start = self.net_
        self._train(sequences, targets, start)
        return self

    def partial_fit(self, X, y=None):
        """Train for one more epoch on further sequences of the same catalogue.

        The first call trains from scratch for one epoch. What was decided then (seen
        items, loss) stays.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories.
        y : array-like of shape (n_rows,) or None, default=None
            Item id that follows each row. None: every event of a row but its first is
            learned from the events before it.

        Returns
        -------
        self : AttentionSequenceRecommender
            The fitted recommender.

        Raises
        ------
        UnknownItemsError
            If `X` or `y` has items that are not in the catalogue of the first call.
        """
        validate_parameters(self)
        sequences, targets = self._check_fit(X, y)
        start = getattr(self, "net_", None)
        if start is not None:
            sequences, targets = self._recode(sequences, targets)
        self._train(sequences, targets, start, n_epochs=1)
        return self

    def _train(self, sequences, targets, start, n_epochs=None):
        """Train from scratch, or on from the weights of the net `start`.

        None for `n_epochs` is the number that the parameters ask for.
        """
        device = choose_device(self.device)
        rng = check_random_state(self.random_state)
        check_learnable(sequences, targets)
        if start is None:
            self.__dict__.pop("net_", None)  # not fitted, should this go wrong
            self._set_catalogue(sequences)
            self.loss_ = self.loss
            if self.loss == "auto":
                small = self.n_items_ <= _FULL_SOFTMAX_ITEMS
                self.loss_ = "softmax" if small else "sampled_softmax"
        learned, learned_targets, validation = sequences, targets, None
        if self.early_stopping:
            learned, learned_targets, histories, codes = hold_out_targets(
                sequences, targets, self.validation_fraction, rng
            )
            validation = HeldOutRanks(
                histories, codes, self.max_length, self.exclude_seen_
            )
        data = TrainingSet.from_sequences(learned, learned_targets, self.max_length)
        net = build_net(
            self,
            self.n_items_,
            self.loss_,
            self._events_a_batch(data.n_targets),
            device,
            training_callbacks(self, validation),
        )
        with one_thread(), seeded(rng.randint(2**31 - 1), device):
            net.initialize()
            if start is None:
                self._start_embeddings(net, data, rng)
            else:
                self._go_on_from(start, net)
            if n_epochs is not None:
                net.set_params(max_epochs=n_epochs)
            net.partial_fit(data, None)
        self.n_epochs_ = len(net.history)
        forget_training(net)
        self.net_ = net

    def _go_on_from(self, start, net):
        try:
            net.module_.load_state_dict(start.module_.state_dict())
        except RuntimeError as exc:
            raise ValueError(
                "Parameters that shape the network, such as hidden_units, have changed "
                "since the last fit, so training cannot go on from its weights. Set "
                "them back, or fit with warm_start=False."
            ) from exc
        net.history_ = History(start.history)

    def _events_a_batch(self, n_targets):
        if self.batch_size != "auto":
            return self.batch_size
        return int(np.clip(n_targets // _MIN_STEPS, _MIN_BATCH, _MAX_BATCH))

    def _start_embeddings(self, net, data, rng):
        dim = net.module_.item_embedding.item_weight.shape[1]
        if self.embedding_init == "svd":
            start = svd_embedding(*data.histories(), self.n_items_, dim, rng)
        else:
            start = rng.normal(scale=START_STD, size=(self.n_items_, dim))
        with torch.no_grad():
            weight = net.module_.item_embedding.item_weight
            weight.copy_(torch.as_tensor(start, dtype=weight.dtype))

    # ------------------------------------------------------------------ answers
    def predict_proba(self, X):
        """Return the probability of every item to come next.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories.

        Returns
        -------
        probabilities : ndarray of shape (n_rows, n_items)
            In the order of `items_`; each row sums to 1. Seen items keep theirs.
        """
        scores = self.decision_function(X)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def fit_transform(self, X, y=None):
        """Train the network and return the representation of each history.

        The histories alone are learned from, so that `y` can be whatever a model
        further on in a `Pipeline` predicts.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories, one row a user or session.
        y : object
            Ignored.

        Returns
        -------
        states : ndarray of shape (n_rows, embedding_dim)
            As `transform` returns them.
        """
        return self.fit(X).transform(X)

    def transform(self, X):
        """Return the representation of each history.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories.

        Returns
        -------
        states : ndarray of shape (n_rows, embedding_dim)
            The state after the last event, for any model that takes numbers; zeros
            with the biases alone for an empty history.
        """
        check_is_fitted(self)
        sequences = self._as_sequences(X)
        with one_thread():
            states = encode_histories(self.net_.module_, sequences, self.max_length)
        return states.cpu().numpy()

    def attention_weights(self, X):
        """Return how much the state after the last event looks at each event.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Histories; of each the last `max_length` events are used.

        Returns
        -------
        weights : ndarray of shape (n_rows, n_heads, n_steps)
            0 at padding; with "softmax" each head's weights sum to 1. Step 0 is the
            oldest event in use.
        mask : ndarray of shape (n_rows, n_steps), dtype=bool
            True where an event is real.
        """
        check_is_fitted(self)
        recent = self._as_sequences(X).last(self.max_length)
        n_steps = max(1, int(recent.lengths.max(initial=1)))
        module = self.net_.module_
        parts = []
        with torch.no_grad(), one_thread():
            for rows, codes, lengths in history_batches(recent, self.max_length):
                found = module.attention_weights(
                    codes.to(self.net_.device), lengths.to(self.net_.device)
                )
                parts.append((rows, found.cpu().numpy()))
        n_heads = parts[0][1].shape[1] if parts else 1
        weights = np.zeros((len(recent), n_heads, n_steps), dtype=np.float32)
        for rows, found in parts:
            weights[rows, :, : found.shape[2]] = found
        return weights, np.arange(n_steps) < recent.lengths[:, None]

    def _score_items(self, sequences):
        with one_thread():
            return score_histories(self.net_.module_, sequences, self.max_length)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "net_")

    # ------------------------------------------------------------------ saving
    def __getstate__(self):
        state = super().__getstate__().copy()
        if "net_" in state:
            state["_saved_net"] = net_to_arrays(state.pop("net_"))
        return state

    def __setstate__(self, state):
        saved = state.pop("_saved_net", None)
        super().__setstate__(state)
        if saved is not None:
            self.net_ = net_from_arrays(self, saved)
