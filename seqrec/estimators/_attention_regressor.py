"""AttentionSequenceRegressor: real values for each row of events."""

from numbers import Real

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from seqrec._compat import (
    Interval,
    StrOptions,
    check_sample_weight,
    validate_parameters,
)
from seqrec.estimators._row_losses import ValueLoss
from seqrec.estimators._row_model import RowModel, weighted_scale
from seqrec.nn.value_losses import VALUE_LOSSES

__all__ = ["AttentionSequenceRegressor"]


class AttentionSequenceRegressor(RegressorMixin, RowModel):
    """Foresee real values from sequences with an encoder and attention.

    Embedded events go through an encoder, ``h_t = f(e_1 .. e_t)``. Attention from the
    state of the last event over all states gives a context `a` [1]_, and
    ``z = W [h_T, a] + e_T`` gives each output, ``z . o + b``. Several outputs, such as
    the next 24 hours of a series (`make_windows`), are learned together.

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
        value is missing (targets that are NaN are then left
        out of the loss). See `SequenceImputer` for filling.
    loss : {"squared_error", "absolute_error", "huber", "quantile"}, \
            default="squared_error"
        What is minimised, on targets that are scaled to a standard deviation of 1;
        "huber" is squared up to 1 and absolute beyond.
    quantile : float, default=0.5
        Which quantile to foresee, used by "quantile".
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
    n_features_in_ : int
        Steps of a row, if `fit` was given a two-dimensional array.
    n_channels_in_ : int or None
        Numbers of a step; None if `fit` was given `Sequences`.
    n_epochs_ : int
        Passes over the data so far, in all fits that went on from each other.

    See Also
    --------
    AttentionSequenceClassifier : Classes in place of real values.
    make_windows : Cuts a series into pasts and futures.
    SequenceImputer : Fills missing values.

    Notes
    -----
    Numbers are standardised, channel by channel, with mean and deviation of the rows
    seen in `fit`, and so are targets, output by output. Neither the order of rows
    changes the result nor whether a row is there twice or weighs double. `fit` and
    `predict` compute on one thread of the CPU, so that a result does not depend on
    `n_jobs`. Stability: experimental.

    References
    ----------
    .. [1] D. Bahdanau, K. Cho and Y. Bengio (2015). Neural machine translation by
       jointly learning to align and translate. ICLR. arXiv:1409.0473

    Examples
    --------
    >>> import numpy as np
    >>> from seqrec import AttentionSequenceRegressor
    >>> X = np.random.default_rng(0).normal(size=(300, 6))
    >>> y = X[:, -1] - X[:, 0]
    >>> model = AttentionSequenceRegressor(random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    _parameter_constraints = {
        **RowModel._parameter_constraints,
        "loss": [StrOptions(set(VALUE_LOSSES))],
        "quantile": [Interval(Real, 0, 1, closed="neither")],
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
        loss="squared_error",
        quantile=0.5,
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
        self.loss = loss
        self.quantile = quantile
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_steps) or (n_rows, n_steps, n_channels), \
                list of arrays, or Sequences
            Rows of events, oldest first. A list may hold rows of different lengths,
            each of shape (n_steps,) or (n_steps, n_channels).
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            The values of each row. NaN is left out where `missing` is "mask".
        sample_weight : array-like of shape (n_rows,) or None, default=None
            Weight of each row, 0 or more; None weighs all the same.

        Returns
        -------
        self : AttentionSequenceRegressor
            The fitted regressor.

        Raises
        ------
        ValueError
            If a parameter is out of range, or `X` or `y` has NaN and `missing` is
            "error".
        """
        validate_parameters(self)
        with self._unchanged_on_error():
            rows, y, weights = self._check_fit(X, y, sample_weight)
            targets = y.reshape(len(y), -1)
            known = ~np.isnan(targets)
            weights = np.where(known.any(axis=1), weights, 0.0)
            unknown = np.flatnonzero(~known[weights > 0].any(axis=0))
            if len(unknown):
                raise ValueError(
                    f"No row has both a known target and a positive weight for output "
                    f"{unknown[0]} of y, so there is nothing to learn. Give some, or "
                    f"leave the output out."
                )
            self._is_single_now = y.ndim == 1
            self._learn(rows, targets, weights)
        return self

    def _check_y(self, y):
        return check_array(
            y,
            dtype=np.float64,
            ensure_2d=False,
            ensure_all_finite="allow-nan" if self.missing == "mask" else True,
            input_name="y",
            estimator=self,
        )

    def _decide_targets(self, targets, weights):
        self._is_single = self._is_single_now
        self._target_scale = weighted_scale(targets, weights)

    def _code_targets(self, targets):
        mean, deviation = self._target_scale
        return ((targets - mean) / deviation).astype(np.float32)

    def _shape(self, targets):
        return self.n_channels_in_, targets.shape[1], self._is_single_now

    def _n_outputs(self):
        return len(self._target_scale[0])

    def _net_parts(self):
        """Return module, criterion and iterator as settings of a skorch net."""
        return {
            **super()._net_parts(),
            "criterion": ValueLoss,
            "criterion__loss": self.loss,
            "criterion__quantile": self.quantile,
        }

    # ------------------------------------------------------------------ answers
    def predict(self, X):
        """Return the values foreseen for each row.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_steps) or (n_rows, n_steps, n_channels), \
                list of arrays, or Sequences
            Rows of events, oldest first. A list may hold rows of different lengths,
            each of shape (n_steps,) or (n_steps, n_channels).

        Returns
        -------
        y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
            As many outputs as `fit` was given.
        """
        check_is_fitted(self)
        mean, deviation = self._target_scale
        values = self._outputs(X) * deviation + mean
        return values[:, 0] if self._is_single else values

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination, R squared.

        Parameters
        ----------
        X : array-like, list of arrays, or Sequences
            Rows, as `fit` takes them.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            The true values; NaN is left out where `missing` is "mask".
        sample_weight : array-like of shape (n_rows,) or None, default=None
            Weight of each row; None weighs all the same.

        Returns
        -------
        score : float
            Mean over the outputs of which a value is known; 1.0 is best, 0.0 what a
            constant reaches.
        """
        found = np.asarray(self.predict(X)).reshape(len(X), -1)
        y = self._check_y(y)
        check_consistent_length(found, y)
        targets = y.reshape(len(y), -1)
        weights = check_sample_weight(sample_weight, targets)
        scores = []
        for truth, answer in zip(targets.T, found.T, strict=True):
            known = ~np.isnan(truth)
            if known.any():
                scores.append(
                    r2_score(truth[known], answer[known], sample_weight=weights[known])
                )
        if not scores:
            raise ValueError("Every value of y is NaN, so there is nothing to score.")
        return float(np.mean(scores))
