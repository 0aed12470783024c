"""AttentionSequenceClassifier: one class for each row of events."""

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from seqrec._compat import StrOptions, validate_parameters
from seqrec._validation.params import check_real
from seqrec.estimators._row_losses import ClassLoss
from seqrec.estimators._row_model import RowModel

__all__ = ["AttentionSequenceClassifier"]


class AttentionSequenceClassifier(ClassifierMixin, RowModel):
    """Classify sequences with an encoder and attention over their events.

    Embedded events go through an encoder, ``h_t = f(e_1 .. e_t)``. Attention from the
    state of the last event over all states gives a context `a` [1]_, and
    ``z = W [h_T, a] + e_T`` gives the logit of each class, ``z . o_c + b_c``. The
    cross-entropy of the softmax over the classes is minimised.

    Parameters
    ----------
    encoder : {"lstm", "gru", "rnn", "tcn", "transformer", "ligr", "mean"} or class, \
            default="lstm"
        Kind of encoder: recurrent, dilated causal convolutions, causal Transformer
        without or with gates, or the running mean.
    hidden_units : int, default=64
        Width of the encoder's states.
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
    embedding_dim : int, default=64
        Width of an embedded event and of states.
    context : "all", sequence of str or None, default="all"
        Context channels of `Sequences` that the encoder reads with the items: all that
        there are, those named, or none.
    time_features : sequence of str, default=()
        What the encoder reads of the times of `Sequences`: any of "elapsed" (since the
        event before), "hour_of_day", "day_of_week" and "month" (Coordinated Universal
        Time).
    context_fusion : {"sum", "concat"}, default="sum"
        Whether the vector of context and time is added to the item's or stands beside
        it.
    embedding_dropout : float, default=0.0
        Share of embedding values that are dropped before the encoder in training.
    dropout : float, default=0.1
        Share of encoder, context and state values that are dropped in training.
    max_length : int or None, default=None
        How many latest events are looked at; None looks at all.
    missing : {"error", "mask"}, default="error"
        What is done with NaN: refuse it, or hand the network 0 and a mark that the
        value is missing. See `SequenceImputer` for filling.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class, by label; "balanced" weighs classes so that all count
        the same; None weighs all rows the same.
    lr : float, default=0.004
        Largest learning rate. It rises over the first tenth of training and falls to
        nearly zero along half a cosine.
    weight_decay : float, default=0.0
        Decay of the weights, as in AdamW.
    batch_size : int or "auto", default="auto"
        Rows of a batch; long ones count more, so that a batch has at most 32,768 steps.
        "auto" takes 256, and fewer (16 at least) where an epoch would have less than
        30 batches.
    max_epochs : int, default=30
        Passes over the data.
    early_stopping : bool, default=False
        Hold out some rows, compute their loss after each epoch, stop after
        `n_iter_no_change` epochs without a lower one and keep the best epoch.
    validation_fraction : float, default=0.1
        Share of rows held out, used by `early_stopping`.
    n_iter_no_change : int, default=3
        Epochs to wait, used by `early_stopping`.
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
        The trained net; `net_.history` has the loss of each epoch and, with
        `early_stopping`, its "valid_loss".
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Steps of a row, if `fit` was given a two-dimensional array.
    n_channels_in_ : int or None
        Numbers of a step; None if `fit` was given `Sequences`.
    n_epochs_ : int
        Passes over the data so far, in all fits that went on from each other.

    See Also
    --------
    AttentionSequenceRegressor : Real values in place of classes.
    AttentionSequenceRecommender : The next item of a history.
    SequenceImputer : Fills missing values.

    Notes
    -----
    Numbers are standardised, channel by channel, with mean and deviation of the rows
    seen in `fit`. Neither the order of rows changes the result nor whether a row is
    there twice or weighs double. `fit` and the answers compute on one thread of the
    CPU, so that a result does not depend on `n_jobs`. Stability: experimental.

    References
    ----------
    .. [1] Z. Yang, D. Yang, C. Dyer, X. He, A. Smola and E. Hovy (2016). Hierarchical
       attention networks for document classification. NAACL.
       doi:10.18653/v1/N16-1174

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec import AttentionSequenceClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 8))
    >>> y = np.where(X[:, 2] > X[:, 5], "early", "late")
    >>> model = AttentionSequenceClassifier(random_state=0).fit(X, y)
    >>> model.predict([[0, 0, 2, 0, 0, -2, 0, 0]])
    array(['early'], dtype='<U5')
    """

    _parameter_constraints = {
        **RowModel._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        *,
        encoder="lstm",
        hidden_units=64,
        n_layers=1,
        positions="rotary",
        kernel_size=3,
        attention="multihead",
        n_heads=None,
        attention_activation="softmax",
        scale_attention=True,
        time_aware=False,
        embedding_dim=64,
        context="all",
        time_features=(),
        context_fusion="sum",
        embedding_dropout=0.0,
        dropout=0.1,
        max_length=None,
        missing="error",
        class_weight=None,
        lr=4e-3,
        weight_decay=0.0,
        batch_size="auto",
        max_epochs=30,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=3,
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
        self.context = context
        self.time_features = time_features
        self.context_fusion = context_fusion
        self.embedding_dropout = embedding_dropout
        self.dropout = dropout
        self.max_length = max_length
        self.missing = missing
        self.class_weight = class_weight
        self.lr = lr
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.device = device
        self.precision = precision
        self.compile = compile
        self.callbacks = callbacks
        self.net_params = net_params
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start

    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_steps) or (n_rows, n_steps, n_channels), \
                list of arrays, or Sequences
            Rows of events, oldest first. A list may hold rows of different lengths,
            each of shape (n_steps,) or (n_steps, n_channels).
        y : array-like of shape (n_rows,)
            The class of each row: numbers or strings.
        sample_weight : array-like of shape (n_rows,) or None, default=None
            Weight of each row, 0 or more; None weighs all the same.

        Returns
        -------
        self : AttentionSequenceClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter is out of range, there are fewer than two classes, or `X`
            has NaN and `missing` is "error".
        """
        validate_parameters(self)
        with self._unchanged_on_error():
            rows, y, weights = self._check_fit(X, y, sample_weight)
            classes, codes = np.unique(y, return_inverse=True)
            weights = weights * self._class_weights(classes, codes, weights)
            present = np.unique(codes[weights > 0])
            if len(present) < 2:
                raise ValueError(
                    f"{type(self).__name__} needs rows of two classes or more that "
                    f"have a positive weight. Got {len(present)} class: "
                    f"{classes[present].tolist()!r}."
                )
            self._classes_now = classes[present]
            self._learn(rows, np.searchsorted(present, codes), weights)
        return self

    def _check_y(self, y):
        y = column_or_1d(y, warn=True)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        return y

    def _class_weights(self, classes, codes, weights):
        """Return the weight of each row's class, shape (n_rows,)."""
        if self.class_weight is None:
            return 1.0
        if isinstance(self.class_weight, dict):
            for label, weight in self.class_weight.items():
                name = f"class_weight[{label!r}]"
                check_real(name, weight, owner=type(self).__name__, finite=True)
            return compute_class_weight(
                self.class_weight, classes=classes, y=classes[codes]
            )[codes]
        totals = np.bincount(codes, weights=weights, minlength=len(classes))
        return (totals.sum() / (len(classes) * np.maximum(totals, 1e-300)))[codes]

    def _decide_targets(self, targets, weights):
        self.classes_ = self._classes_now

    def _code_targets(self, targets):
        return targets.astype(np.int64)

    def _shape(self, targets):
        return self.n_channels_in_, self._classes_now.tolist()

    def _n_outputs(self):
        return len(self.classes_)

    def _net_parts(self):
        """Return module, criterion and iterator as settings of a skorch net."""
        return {**super()._net_parts(), "criterion": ClassLoss}

    # ------------------------------------------------------------------ answers
    def decision_function(self, X):
        """Return the logits of the classes.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_steps) or (n_rows, n_steps, n_channels), \
                list of arrays, or Sequences
            Rows of events, oldest first. A list may hold rows of different lengths,
            each of shape (n_steps,) or (n_steps, n_channels).

        Returns
        -------
        scores : ndarray of shape (n_rows, n_classes) or (n_rows,)
            In the order of `classes_`; with two classes, by how much the second leads.
        """
        logits = self._outputs(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_steps) or (n_rows, n_steps, n_channels), \
                list of arrays, or Sequences
            Rows of events, oldest first. A list may hold rows of different lengths,
            each of shape (n_steps,) or (n_steps, n_channels).

        Returns
        -------
        probabilities : ndarray of shape (n_rows, n_classes)
            In the order of `classes_`; each row sums to 1.
        """
        return softmax(self._outputs(X), axis=1)

    def predict(self, X):
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_steps) or (n_rows, n_steps, n_channels), \
                list of arrays, or Sequences
            Rows of events, oldest first. A list may hold rows of different lengths,
            each of shape (n_steps,) or (n_steps, n_channels).

        Returns
        -------
        y : ndarray of shape (n_rows,)
            Labels.
        """
        check_is_fitted(self)
        return self.classes_[self._outputs(X).argmax(axis=1)]
