"""AttentionSequenceRecommender: a recurrent network with attention, as an estimator."""

from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils import check_random_state
from skorch.callbacks import Callback

from seqrec._compat import Interval, StrOptions, validate_parameters
from seqrec.estimators._auto import choose_memory, choose_settings
from seqrec.estimators._auxiliary import choose_tasks
from seqrec.estimators._batching import EventBatches, Negatives, TrainingSet
from seqrec.estimators._calibration import hold_out_to_weigh
from seqrec.estimators._embedding_init import (
    START_STD,
    popularity_start,
    svd_embedding,
)
from seqrec.estimators._hold_out import (
    HeldOut,
    HeldOutRanks,
    check_held_out,
    hold_out_targets,
)
from seqrec.estimators._inputs import check_learnable
from seqrec.estimators._item_index import load_faiss
from seqrec.estimators._item_knn import ItemKNNRecommender
from seqrec.estimators._markov_chain import MarkovChainRecommender
from seqrec.estimators._memory import KINDS, name_memories, remember
from seqrec.estimators._net import (
    ItemLoss,
    ValidationScore,
    build_net,
    choose_device,
    training_callbacks,
)
from seqrec.estimators._network_recommender import NetworkRecommender
from seqrec.estimators._sequence_model import NETWORK_CONSTRAINTS, TRAINING_CONSTRAINTS
from seqrec.estimators._sequential_rules import SequentialRulesRecommender
from seqrec.nn.heads import HEADS, ItemHead
from seqrec.nn.losses import LOSSES
from seqrec.nn.negatives import NegativeSampler
from seqrec.nn.network import SequenceNet

__all__ = ["AttentionSequenceRecommender"]

_NUMBERS = {**NETWORK_CONSTRAINTS, **TRAINING_CONSTRAINTS}


class AttentionSequenceRecommender(NetworkRecommender):
    """Recommend the next item with an encoder and attention over the events so far.

    Embedded events `e_t` go through an encoder, ``h_t = f(e_1 .. e_t)``. Attention
    from `h_t` over ``h_1 .. h_t`` gives a context `a_t` [1]_ [2]_ [3]_, and the state
    ``z_t = W [h_t, a_t] + e_t`` scores every item `i` by its output vector,
    ``z_t . o_i + b_i``. All positions of a history are trained at once: the state
    after event `t` predicts event `t + 1` and sees no later event.

    Parameters
    ----------
    encoder : {"lstm", "gru", "rnn", "tcn", "transformer", "ligr", "mean"} or class, \
            default="lstm"
        Kind of encoder: recurrent, dilated causal convolutions, causal Transformer
        without or with gates, or the running mean.
    hidden_units : int or "auto", default="auto"
        Width of the encoder's states. Here and below, "auto" goes by the size of the
        log: a large one has 300,000 events to learn or more, and 50 for each item.
        "auto" is 128 for a large log, else 64; `auto_params_` tells.
    n_layers : int, default=1
        Layers of the encoder; "mean" has one.
    positions : {"rotary", "learned"}, default="rotary"
        How the "transformer" and "ligr" encoders know the order of events.
    kernel_size : int, default=3
        Events that a convolution of the "tcn" encoder reads.
    attention : {"multihead", "dot", "additive", "hierarchical", "none"} or class, \
            default="multihead"
        Kind of attention. "hierarchical" weighs the events of each session, then the
        sessions; it needs `session_gap` on the `SequenceEncoder`.
    n_heads : int or None, default=None
        Heads of "multihead" attention and of "transformer" and "ligr", a divisor of
        `hidden_units`. None: 2 for these, 1 for the others, which have no more.
    attention_activation : {"softmax", "gelu", "silu"}, default="softmax"
        How attention scores become weights; "gelu" and "silu" are pointwise and
        divided by the number of events seen.
    scale_attention : bool, default=True
        Divide dot products by the root of their width, in "dot" and "multihead".
    time_aware : bool, default=False
        Add a learned bias to attention scores, by elapsed time (where events have
        times) and by how many events lie between.
    embedding_dim : int, default=128
        Width of item embeddings and of states.
    embedding_init : {"svd", "normal"}, default="svd"
        Start of the item embeddings: factors of the matrix of which items follow
        each other, or random numbers.
    context : "all", sequence of str or None, default="all"
        Context channels of the sequences that the encoder reads with the items: all
        that there are, those named, or none.
    time_features : "auto" or sequence of str, default="auto"
        What the encoder reads of the times: any of "elapsed" (since the event before),
        "hour_of_day", "day_of_week", "month" (Coordinated Universal Time) and "period"
        (which of up to 64 parts of the log in `fit`, of as many events each; what comes
        later is in the last). "auto" is all of them; where times end before 1971, and
        so only number events, "period" if they number those of the whole log, hardly
        any two alike, and none if they number those of each history; and none where
        there are no times.
    context_fusion : {"sum", "concat"}, default="sum"
        Whether the vector of context and time is added to the item's or stands beside
        it.
    head : {"tied", "linear"} or class, default="tied"
        Output vectors: the item embeddings themselves, or a matrix of their own.
    head_bias : bool, default=True
        Whether each item has a number of its own, added to its score. In a named head
        it starts at 0, or for the loss "gbce" at what popularity alone would be given.
    temperature : float, "auto" or None, default="auto"
        Score by the cosine of state and output vector, divided by this; None takes
        their product. "auto" is 0.07 over 6,000 items, unless the log is large, else
        None.
    embedding_dropout : float or "auto", default="auto"
        Share of embedding values that are dropped before the encoder in training.
        "auto" is 0.2 for a large log, else 0.4.
    dropout : float or "auto", default="auto"
        Share of encoder, context and state values that are dropped in training. "auto"
        is 0.2 for a large log, else 0.3.
    max_length : int, default=100
        How many latest events an answer looks at. In training, longer histories are
        cut into pieces of at most so many events, at other places in each epoch, so
        that no event is unused.
    stride : int or None, default=None
        New events of each piece of a long history; the rest of it repeats the end of
        the piece before, and is read but not learned again. None repeats nothing.
    loss : {"auto", "softmax", "sampled_softmax", "binary_cross_entropy", "gbce", \
            "bpr", "bpr_max", "top1_max"}, default="auto"
        What is minimised: cross-entropy over the whole catalogue, or a loss over the
        target and `n_negatives` items drawn a batch. "auto" is "sampled_softmax" for a
        large log or over 6,000 items, else "softmax"; `loss_` tells.
    n_negatives : int or "auto", default="auto"
        Items drawn for a batch, used by every loss but "softmax". "auto" is 512 for a
        large log, 2,048 over 6,000 items, else 1,024.
    sampling_power : float or "auto", default="auto"
        Items are drawn in proportion to their number of events raised to this; 0 draws
        all alike. "auto" is 0.5 for a large log or over 6,000 items, else 0.
    calibration : float, default=0.75
        From 0, as "binary_cross_entropy", to 1, calibrated for all items; used by
        "gbce".
    label_smoothing : float, default=0.1
        Share of probability that is spread over the catalogue, used by "softmax".
    lookahead : float or "auto", default="auto"
        Chance that, in training, the target of an event is not the next one but the one
        after it, with the same chance again the one after that, and so on: which of the
        next events comes first is partly chance. "auto" is 0 for a large log, else 0.3.
        Unused where `fit` is given a `y`.
    memory : "auto", {"rules", "markov_chain", "item_knn", "repeats", "own_rules"}, \
            recommender, list or None, default="auto"
        What is remembered beside the network: votes of the events of the history, by
        sequential rules, by what came directly after the last event, by item
        neighbourhoods, for their own items to come again, and for what followed these
        earlier in the same history. Votes `v` count as
        ``w log(1 + v / c)`` in the scores [4]_. What each kind is worth, `w`, is chosen
        after training on targets that were held out for it: the last ones of a tenth of
        the histories, or all of the latest sessions (see Notes). A
        `SequentialRulesRecommender`, `MarkovChainRecommender` or `ItemKNNRecommender`
        counts with other settings.
        "auto" is "rules" and "markov_chain" up to 4 million events, "item_knn" too up
        to 8 million pairs, and "repeats" and "own_rules" where seen items stay in the
        ranking and 1 % of the events repeat one. `memory_votes` tells who voted for
        what.
    auxiliary_targets : dict of str to str or None, default=None
        Context channels to foresee of the next event, each "regression" or
        "classification", as in ``{"rating": "regression"}``; `predict_auxiliary`
        answers, and `net_.history` has the loss of each.
    auxiliary_weight : float or dict of str to float, default=0.1
        Factor of their losses beside that of the items: one for all, or by channel
        (0.1 for those left out).
    lr : float or "auto", default="auto"
        Largest learning rate. It rises over the first tenth of training and falls to
        nearly zero along half a cosine. "auto" is 0.012 for a large log, else 0.004.
    weight_decay : float, default=0.0
        Decay of the weights, as in AdamW. Above 0 every step goes through the whole
        catalogue, whatever the loss.
    batch_size : int or "auto", default="auto"
        Events of a batch, padding included, and up to 16 times as many where few of
        them have a target, as with a `y`. "auto" takes 2,048 for a large log, else
        512, and fewer (32 at least) where an epoch would have less than 50 batches.
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
    retrieval : {"exact", "approximate"}, default="exact"
        How `predict` and `recommend` find the best items: by the scores of all, or by
        an index that passes some over, for catalogues of millions. The index is made
        on first use and needs ``pip install 'seqrec[ann]'``; `retrieval_recall` tells
        how much it finds. Among given `candidates` the search is exact.
    n_probes : int or None, default=None
        Lists of items that the index scans, used by "approximate": more find more and
        take longer. None scans one in 32, at least 128.
    device : str, default="auto"
        Where to compute: "cpu", "cuda", "cuda:1", ...; "auto" takes a GPU if there
        is one.
    precision : {"fp32", "bf16"}, default="fp32"
        Arithmetic of training. "bf16" is mixed precision: on a processor that computes
        in it, "softmax" over many items gains, little else does; on others it is slow.
    compile : bool, default=False
        Compile the network with `torch.compile`, which takes half a minute and a C++
        compiler on the CPU, and gains nothing there.
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
        The trained net; `net_.history` has the loss of each epoch, that of each part
        where there are auxiliary targets, and with `early_stopping` its "valid_ndcg".
    items_ : ndarray of shape (n_items,)
        The catalogue in code order.
    n_items_ : int
        Size of the catalogue.
    exclude_seen_ : bool
        Whether seen items leave the ranking.
    loss_ : str
        The loss in use.
    auto_params_ : dict
        What "auto" stands for in each parameter that goes by the size of the log.
    memory_weights_ : dict of str to float
        What the votes of each kind of memory are worth; 0 was better left out.
    memories_ : dict of str to recommender or None
        The kinds that vote and their counts; None for "repeats" and "own_rules", which
        need none.
    channels_ : Channels
        The columns of the sequences that the network reads.
    n_epochs_ : int
        Passes over the data so far, in all fits that went on from each other.

    See Also
    --------
    SequentialRulesRecommender : The floor to beat, fitted in a moment.

    Notes
    -----
    `fit` and `predict` compute on one thread of the CPU, so that a result does not
    depend on `n_jobs`. The optimiser starts afresh at every `fit` and `partial_fit`.

    With a memory, `fit` holds out the last target of one history in ten, 400 histories
    at least and 4,096 at most (half of them, if there are fewer than 800; over 146,000
    items as many as have 600 million scores, 400 at least), and trains without them. Of
    few histories it takes as many targets each as make 1,200, five and a fifth of the
    history at most; of rows that are windows of one history, the last one of the last.
    Where histories are sessions (nine in ten take less than a hundredth of the time of
    the log, and none shares events with others), the next ones will be new: without
    `y`, and of a thousand sessions or more, the latest tenth is held out with all its
    targets; no more sessions than the histories above, and 16,384 of their targets are
    weighed.

    Then weights are chosen under which the targets rank well by NDCG: from 0.5 for
    "rules" and "item_knn" and 0 for the others, again and again the one weight is
    changed that gains most, as long as that is more than its standard error. A kind
    with weight 0 is dropped. In the end the counts know the held-out targets too, and
    the network learns them in three more passes at three tenths of the learning rate or
    less (sessions in half as many passes as there were before, and at nearly the full
    rate), which neither callbacks nor `net_.history` see. `early_stopping` has the
    targets that it watches instead, which are `validation_fraction` and stay unlearned,
    and watches the network alone. Fewer than 100 targets cannot tell: then, without
    `early_stopping`, nothing is held out, "auto" keeps the weights that it starts from,
    and each kind that is asked for has 0.5. `partial_fit` counts what it is given and
    keeps kinds and weights; so does `warm_start`, which may leave kinds out.

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
    .. [4] H.-T. Cheng et al. (2016). Wide & deep learning for recommender systems.
       DLRS. doi:10.1145/2988450.2988454

    Examples
    --------
    >>> from seqrec import AttentionSequenceRecommender
    >>> model = AttentionSequenceRecommender(max_epochs=30, random_state=0)
    >>> _ = model.fit([["a", "b", "c", "d"], ["b", "c", "d"], ["a", "b", "c"]] * 20)
    >>> model.predict([["a", "b"]], top_k=1)
    array([['c']], dtype=object)
    """

    _parameter_constraints = {
        **NetworkRecommender._parameter_constraints,
        **_NUMBERS,
        **{
            name: [StrOptions({"auto"}), *_NUMBERS[name]]
            for name in ("hidden_units", "embedding_dropout", "dropout", "lr")
        },
        "embedding_init": [StrOptions({"svd", "normal"})],
        "head": [StrOptions(set(HEADS)), type],
        "head_bias": ["boolean"],
        "temperature": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="neither"),
            None,
        ],
        "max_length": [Interval(Integral, 1, None, closed="left")],
        "stride": [Interval(Integral, 1, None, closed="left"), None],
        "loss": [StrOptions({"auto", *LOSSES})],
        "n_negatives": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "sampling_power": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="left"),
        ],
        "calibration": [Interval(Real, 0, 1, closed="both")],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "lookahead": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        "memory": [
            StrOptions({"auto", *KINDS}),
            SequentialRulesRecommender,
            MarkovChainRecommender,
            ItemKNNRecommender,
            list,
            tuple,
            None,
        ],
        "auxiliary_targets": [dict, None],
        "auxiliary_weight": [Interval(Real, 0, None, closed="left"), dict],
    }

    def __init__(
        self,
        *,
        encoder="lstm",
        hidden_units="auto",
        n_layers=1,
        positions="rotary",
        kernel_size=3,
        attention="multihead",
        n_heads=None,
        attention_activation="softmax",
        scale_attention=True,
        time_aware=False,
        embedding_dim=128,
        embedding_init="svd",
        context="all",
        time_features="auto",
        context_fusion="sum",
        head="tied",
        head_bias=True,
        temperature="auto",
        embedding_dropout="auto",
        dropout="auto",
        max_length=100,
        stride=None,
        loss="auto",
        n_negatives="auto",
        sampling_power="auto",
        calibration=0.75,
        label_smoothing=0.1,
        lookahead="auto",
        memory="auto",
        auxiliary_targets=None,
        auxiliary_weight=0.1,
        lr="auto",
        weight_decay=0.0,
        batch_size="auto",
        max_epochs=15,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=3,
        top_k=10,
        exclude_seen="auto",
        retrieval="exact",
        n_probes=None,
        device="auto",
        precision="fp32",
        compile=False,
        callbacks=None,
        net_params=None,
        random_state=None,
        verbose=0,
        warm_start=False,
    ):
        self.encoder = encoder
        self.hidden_units = hidden_units
        self.n_layers = n_layers
        self.positions = positions
        self.kernel_size = kernel_size
        self.attention = attention
        self.n_heads = n_heads
        self.attention_activation = attention_activation
        self.scale_attention = scale_attention
        self.time_aware = time_aware
        self.embedding_dim = embedding_dim
        self.embedding_init = embedding_init
        self.context = context
        self.time_features = time_features
        self.context_fusion = context_fusion
        self.head = head
        self.head_bias = head_bias
        self.temperature = temperature
        self.embedding_dropout = embedding_dropout
        self.dropout = dropout
        self.max_length = max_length
        self.stride = stride
        self.loss = loss
        self.n_negatives = n_negatives
        self.sampling_power = sampling_power
        self.calibration = calibration
        self.label_smoothing = label_smoothing
        self.lookahead = lookahead
        self.memory = memory
        self.auxiliary_targets = auxiliary_targets
        self.auxiliary_weight = auxiliary_weight
        self.lr = lr
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.top_k = top_k
        self.exclude_seen = exclude_seen
        self.retrieval = retrieval
        self.n_probes = n_probes
        self.device = device
        self.precision = precision
        self.compile = compile
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
            catalogue has a single item, or `warm_start` meets another catalogue or a
            kind of memory that the last fit had not.
        TypeError
            If `X` is an event log (encode it first) or holds ids of mixed kinds.
        """
        validate_parameters(self)
        with self._unchanged_on_error():
            sequences, targets = self._check_fit(X, y)
            start = self._warm_start(sequences)
            if start is None:
                self._set_catalogue(sequences)
                self._decide(sequences, targets)
            else:
                self._revise(sequences)
            self._train(sequences, targets, start)
        return self

    def partial_fit(self, X, y=None):
        """Train for one more epoch on further sequences of the same catalogue.

        The first call trains from scratch for one epoch. What was decided then (seen
        items, loss, kinds of memory and what they are worth) stays. Give each event
        once: the memory counts it every time. The learning rate shrinks with the root
        of the targets that a step has, where these are fewer than `batch_size`, and
        `early_stopping` holds nothing out.

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
        start = getattr(self, "net_", None)
        with self._unchanged_on_error():
            sequences, targets = self._check_fit(X, y)
            if start is None:
                self._set_catalogue(sequences)
                self._decide(sequences, targets)
            else:
                sequences, targets = self._recode(sequences, targets)
            self._train(sequences, targets, start, n_epochs=1)
        return self

    def _warm_start(self, sequences):
        """Return the net to go on from; None trains from scratch."""
        if not self.warm_start or not hasattr(self, "net_"):
            return None
        if sequences.vocabulary != self.vocabulary_:
            raise ValueError(
                f"warm_start=True needs the catalogue of the last fit "
                f"({self.n_items_} items). Got one of {sequences.n_items}; encode "
                f"with the same SequenceEncoder or set warm_start=False."
            )
        return self.net_

    def _train(self, sequences, targets, start, n_epochs=None):
        """Train from scratch, or on from the weights of the net `start`.

        None for `n_epochs` is the number that the parameters ask for.
        """
        device = choose_device(self.device)
        rng = check_random_state(self.random_state)
        goes_on = start is not None and n_epochs is not None
        watches = self.early_stopping and not goes_on  # one epoch has no early end
        self._check_training(sequences, targets, watches)
        held = self._hold_out(sequences, targets, watches, rng)
        validation = ValidationScore(self._held_out_ranks(held)) if watches else None
        data = self._training_set(held.learned, held.targets)
        net = build_net(
            self,
            self._setting("batch_size"),
            device,
            training_callbacks(self, validation),
        )

        data.lookahead = self._setting("lookahead") if targets is None else 0.0
        if goes_on:
            net.lr *= data.bearable_rate(net.batch_size)

        def prepare(net):
            self._start_items(net, data, rng)

        self._train_net(
            net,
            data,
            start,
            rng.randint(2**31 - 1),
            prepare=prepare,
            n_epochs=n_epochs,
        )
        if self.memory_weights_ is None:
            self._weigh_memories(held)
            if held.codes is not None and not watches:
                seed = rng.randint(2**31 - 1)
                self._learn_held_out(held, sequences, targets, seed)
        self.memories_ = remember(self.memories_, sequences, targets)

    def _training_set(self, sequences, targets):
        data = TrainingSet.from_sequences(
            sequences,
            targets,
            self.max_length,
            stride=self.stride,
            channels=self.channels_,
            tasks=self.tasks_,
        )
        data.negatives = self._negatives()
        return data

    def _check_training(self, sequences, targets, watches):
        """Raise where these cannot be learned as the parameters ask for."""
        if self.retrieval == "approximate":
            load_faiss()
        check_learnable(sequences, targets)
        if watches:
            check_held_out(
                sequences,
                targets,
                self.validation_fraction,
                reason="early_stopping=True",
                remedy="early_stopping=False",
            )
        names = [task.name for task in self.tasks_]
        if names and targets is not None:
            raise ValueError(
                "auxiliary_targets are read from the event that follows, which a given "
                "y does not hold. Fit whole histories with y=None."
            )
        self.channels_.check(sequences, type(self).__name__, names)

    def _hold_out(self, sequences, targets, watches, rng):
        """Return what is learned, and what is not, to stop early or to weigh memories.

        Nothing is held out where memories have their weights.
        """
        if watches:
            share = self.validation_fraction
            return hold_out_targets(sequences, targets, share, rng)
        if self.memory_weights_ is not None or not self.memories_:
            return HeldOut(sequences, targets)
        return hold_out_to_weigh(sequences, targets, self.n_items_, rng)

    def _held_out_ranks(self, held):
        return HeldOutRanks(
            held.histories,
            held.codes,
            self.max_length,
            self.channels_,
            self.exclude_seen_,
        )

    def _decide(self, sequences, targets):
        """Settle what stays as it is while training goes on."""
        n_targets = _count_targets(sequences, targets)
        self.auto_params_ = choose_settings(n_targets, self.n_items_)
        self.loss_ = self._setting("loss")
        self.channels_ = self._chosen_channels(sequences)
        self.tasks_ = self._chosen_tasks(sequences)
        wanted = self.memory
        if wanted == "auto":
            wanted = choose_memory(sequences, self.exclude_seen_)
        self.memories_ = name_memories(wanted)
        self.memory_weights_ = None  # chosen after training

    def _revise(self, sequences):
        """Take over what has changed since the last fit, or refuse it."""
        self.channels_.check(sequences, type(self).__name__)
        tasks = self._chosen_tasks(sequences)
        kinds, before = (
            [(task.name, task.kind) for task in some] for some in (tasks, self.tasks_)
        )
        channels, features = self._chosen_channels(sequences), self.channels_.features
        if isinstance(self.time_features, str) and set(channels.features) < {*features}:
            channels = channels._replace(features=features)  # few rows tell less
        same = self.channels_.reads_the_same(channels)
        if not same or kinds != before:
            raise ValueError(
                "What the network reads and foresees (context, time_features, "
                "time_aware, auxiliary_targets) has changed since the last fit, so "
                "training cannot go on from its weights. Set it back, or fit with "
                "warm_start=False."
            )
        self.loss_ = self._setting("loss")
        self._renew_memories()
        self.tasks_ = tuple(
            old._replace(weight=new.weight)
            for old, new in zip(self.tasks_, tasks, strict=True)
        )

    def _chosen_tasks(self, sequences):
        wanted = self.auxiliary_targets or {}
        return choose_tasks(sequences, wanted, self.auxiliary_weight)

    def _net_parts(self):
        """Return module, criterion and iterator as settings of a skorch net."""
        return {
            **self._network_settings(),
            "module": SequenceNet,
            "module__n_items": self.n_items_,
            "module__n_numbers": self.channels_.n_numbers,
            "module__n_categories": self.channels_.n_categories,
            "module__n_outputs": sum(task.width for task in self.tasks_),
            "module__max_length": self.max_length,
            "module__head": self.head,
            "module__has_bias": self.head_bias,
            "module__temperature": self._setting("temperature"),
            "criterion": ItemLoss,
            "criterion__loss": self.loss_,
            "criterion__n_items": self.n_items_,
            "criterion__label_smoothing": self.label_smoothing,
            "criterion__calibration": self.calibration,
            "criterion__tasks": self.tasks_,
            "iterator_train": EventBatches,
        }

    def _loss_parts(self):
        """Return the names of the parts that the loss has, if it has several."""
        if not self.tasks_:
            return ()
        return ("item", *(task.name for task in self.tasks_))

    def _negatives(self):
        """Return what is drawn for each batch, or None."""
        if not LOSSES[self.loss_].needs_negatives:
            return None
        sampler = NegativeSampler(
            self.n_items_,
            power=self._setting("sampling_power"),
            counts=self.item_counts_,
        )
        n_negatives = self._setting("n_negatives")
        return Negatives(sampler, n_negatives, by_rows=self._trains_by_rows())

    def _trains_by_rows(self):
        """Tell whether steps may work on the items of their batch alone.

        Not where all weights decay, where a part of the user's own may count on the
        whole catalogue, or where a callback looks at gradients, which then are sparse.
        """
        given = self.net_params or {}
        is_own = any(name.startswith(("optimizer", "module")) for name in given)
        head = HEADS.get(self.head, self.head)
        return not (
            self.weight_decay
            or is_own
            or any(map(_looks_at_gradients, self.callbacks or ()))
            or not _selects_rows(head)
        )

    def _start_items(self, net, data, rng):
        """Give item embeddings and biases of a new network what they start from."""
        weight = net.module_.item_embedding.item_weight
        dim = weight.shape[1]
        if self.embedding_init == "svd":
            start = svd_embedding(*data.histories(), self.n_items_, dim, rng)
        else:
            start = rng.normal(scale=START_STD, size=(self.n_items_, dim))
        _fill(weight, start)
        head = net.module_.head
        if self.loss_ == "gbce" and self.head_bias and type(head) in HEADS.values():
            counts = data.target_counts(self.n_items_)
            start = popularity_start(counts, data.negatives, self.calibration)
            _fill(head.bias, start)


@torch.no_grad()
def _fill(parameter, values):
    parameter.copy_(torch.as_tensor(values, dtype=parameter.dtype))


def _count_targets(sequences, targets):
    """Return how many events are learned as the next one."""
    if targets is not None:
        return len(targets)
    return int(np.maximum(sequences.lengths - 1, 0).sum())


def _looks_at_gradients(callback):
    """Tell whether a callback, as skorch takes it, is called with the gradients."""
    if isinstance(callback, tuple):
        callback = callback[-1]
    kind = callback if isinstance(callback, type) else type(callback)
    return getattr(kind, "on_grad_computed", None) is not Callback.on_grad_computed


def _selects_rows(head):
    """Tell whether a head's `select` gives the rows of its own `weight`."""
    if not issubclass(head, ItemHead):
        return False
    giver = next((kind for kind in head.__mro__ if "weight" in vars(kind)), ItemHead)
    return "_select" in vars(giver)
