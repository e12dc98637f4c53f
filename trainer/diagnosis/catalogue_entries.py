"""The table behind `catalogue.py`: one row a label, in words a person can use.

Labels of preference and reward training are in `catalogue_rewards.py`.
"""

from dataclasses import dataclass

from trainer.diagnosis.finding import Severity


@dataclass(frozen=True)
class Entry:
    """What is known about a label."""

    family: str
    severity: Severity
    name: str
    """A short phrase that can follow "Most likely"."""
    meaning: str
    """Why it happens, one plain sentence."""
    advice: str
    otherwise: str
    fix_code: str


CURVE_ENTRIES: dict[str, Entry] = {
    "healthy": Entry(
        "healthy",
        "info",
        "a healthy run",
        "The loss falls fast first and slowly later, and nothing breaks the pattern.",
        "Nothing to change.",
        "A problem would show as a jump, a rise, a standstill or a value that is no number.",
        "none",
    ),
    "lr_too_high_spike": Entry(
        "instability",
        "critical",
        "a learning rate that is too high",
        "Steps are so large that the model is thrown off again and again, and heals slowly.",
        "Lower the learning rate three to ten times and restart from before the first spike.",
        "One bad batch would show a single spike that is gone at the next log.",
        "lower_learning_rate",
    ),
    "warmup_missing": Entry(
        "instability",
        "warn",
        "a missing warmup",
        "The first steps are taken at full learning rate, before the optimizer has measured how steep the ground is.",
        "Let the learning rate rise slowly over the first few per cent of the steps.",
        "A learning rate that is too high throughout would go on spiking after the start.",
        "add_warmup",
    ),
    "bad_batch": Entry(
        "instability",
        "info",
        "one bad batch",
        "A few samples unlike the rest made one step hard; the model itself was not thrown off.",
        "Look at the samples of that step and keep clipping on; no restart is needed.",
        "A learning rate that is too high would show several spikes that heal slowly.",
        "inspect_batch",
    ),
    "divergence": Entry(
        "instability",
        "critical",
        "a run that diverged",
        "The weights were pushed so far that the model forgot what it knew; it does not come back.",
        "Stop, lower the learning rate three to ten times, and restart from a checkpoint before the climb.",
        "A spike would come back down; a bad batch would be gone at the next log.",
        "lower_learning_rate",
    ),
    "lr_restart_spikes": Entry(
        "schedule",
        "info",
        "the restarts of the learning-rate schedule",
        "Each time the schedule jumps back to the full rate, the loss is bumped up and recovers.",
        "Harmless; for a smooth curve use a schedule with a single cycle (cosine or linear).",
        "Bumps from bad data would not line up with the jumps of the learning rate.",
        "use_single_cycle_schedule",
    ),
    "resume_without_optimizer": Entry(
        "schedule",
        "warn",
        "a resume without the full state",
        "The run went on without the optimizer's memory (or with other weights), so it had to find its stride again.",
        "Resume with optimizer, scheduler, random state and the weights of the same step.",
        "A full resume leaves no mark on the curve; a bad batch would be gone at the next log.",
        "resume_full_state",
    ),
    "fp16_overflow_nan": Entry(
        "nan",
        "critical",
        "an overflow of half-precision floats (fp16)",
        "A number grew beyond what fp16 can hold; it became NaN (not a number), and NaN spreads to every weight.",
        "Train in bf16 (or keep the adapter in fp32), from the last good checkpoint.",
        "Batches without labels would give NaN loss while the gradient norm stays finite.",
        "use_bf16",
    ),
    "nan_labels_masked": Entry(
        "labels_masked",
        "critical",
        "batches in which no token is left to learn from",
        "The loss is a mean over the answer's tokens; where all are masked or cut off, it is "
        "nothing divided by nothing.",
        "Correct the response markers, the template or max_length so that answers are not masked away.",
        "An overflow would break the gradient norm too, and would not heal by itself.",
        "fix_label_mask",
    ),
    "zero_loss_labels_masked": Entry(
        "labels_masked",
        "critical",
        "labels that are all masked",
        "No token of the answers counts, so there is no error to learn from.",
        "Correct the response markers, the template or max_length so that answers are not masked away.",
        "A model that knows the data would reach a low loss slowly, not exactly zero at once.",
        "fix_label_mask",
    ),
    "loss_high_start_template": Entry(
        "inputs",
        "warn",
        "a chat template or tokenizer that does not fit the model",
        "The text is laid out in a way the model never saw, so much of the training goes into learning the layout.",
        "Use the model's own chat template and tokenizer.",
        "A far domain starts lower and ends near the usual level; new random tokens start far higher.",
        "fix_chat_template",
    ),
    "loss_high_start_new_tokens": Entry(
        "inputs",
        "warn",
        "new tokens with random embeddings",
        "The added tokens mean nothing to the model yet, and their embeddings are hardly trained.",
        "Start the new embeddings from the mean of the old ones and train embed_tokens and lm_head.",
        "A wrong chat template starts lower than random guessing would and falls further.",
        "init_and_train_new_embeddings",
    ),
    "truncated_data": Entry(
        "inputs",
        "warn",
        "rows cut off by max_length",
        "What lies behind the cut is never learned; often that is the end of the answer.",
        "Raise max_length, or split long rows.",
        "A few cut rows do no harm; here it is a large share.",
        "raise_max_length",
    ),
    "data_order_sawtooth": Entry(
        "inputs",
        "warn",
        "the order of the data",
        "Easy and hard rows come in the same order each time, so the curve repeats their pattern.",
        "Shuffle the training data.",
        "A schedule with restarts would line up with jumps of the learning rate.",
        "shuffle_data",
    ),
    "loss_scaled_by_grad_accum": Entry(
        "inputs",
        "info",
        "a logged loss multiplied by the accumulation steps",
        "Sums over the accumulated micro-batches were logged instead of their mean; training itself is fine.",
        "Divide the logged loss by the accumulation steps, or upgrade the library.",
        "A truly high loss would show in the eval loss as well.",
        "fix_loss_normalisation",
    ),
    "loss_flat_lr_too_low": Entry(
        "no_learning",
        "warn",
        "a learning rate that is far too low",
        "Gradients arrive, but each step is too small to change anything in this many steps.",
        "Raise the learning rate to the usual range.",
        "Without gradients the gradient norm would be exactly zero.",
        "raise_learning_rate",
    ),
    "no_gradient_flow": Entry(
        "no_learning",
        "critical",
        "no gradient reaching the weights",
        "The trainable weights are cut off from the loss, so nothing can change.",
        "Unfreeze the adapter; with gradient checkpointing call enable_input_require_grads or use "
        "the non-reentrant kind.",
        "Masked labels would make the loss zero as well; a low learning rate leaves a normal gradient norm.",
        "enable_gradient_flow",
    ),
    "target_modules_wrong": Entry(
        "no_learning",
        "warn",
        "an adapter that sits on almost nothing",
        "The names in target_modules match hardly any layer, so there is little that can learn.",
        "Target all linear layers, by the model's real names.",
        "A low learning rate would show a normal gradient norm and a normal share of trainable weights.",
        "fix_target_modules",
    ),
    "underfitting": Entry(
        "no_learning",
        "warn",
        "a run that stopped, or was held back, before it had learned",
        "Train and eval loss are close together and there was still something to gain.",
        "Train longer.",
        "A run that is done shows a flat end; an overfitted one shows the eval loss rising.",
        "train_longer",
    ),
    "overfitting": Entry(
        "generalisation",
        "warn",
        "overfitting",
        "The model goes on learning the training rows by heart while it gets worse on rows it has not seen.",
        "Stop at the lowest eval loss: fewer epochs, a lower learning rate or more data.",
        "A run that diverges gets worse on the training rows too.",
        "early_stop_or_fewer_epochs",
    ),
    "epoch_memorization": Entry(
        "generalisation",
        "info",
        "rows learned by heart, epoch by epoch",
        "The loss drops each time the same rows come round again, and stays flat in between.",
        "Fewer epochs or more data, unless learning by heart is the aim.",
        "Real progress falls within the epochs, not only between them.",
        "early_stop_or_fewer_epochs",
    ),
    "eval_below_train_regularization": Entry(
        "generalisation",
        "info",
        "noise that is on in training and off in evaluation",
        "Dropout or embedding noise makes the training rows harder; the eval rows are read without it.",
        "Nothing to change.",
        "A leak of eval rows would make the eval loss fall ever further below the train loss.",
        "none",
    ),
    "data_leak": Entry(
        "generalisation",
        "critical",
        "eval rows that are also in the training data",
        "The eval loss no longer measures rows the model has not seen.",
        "Remove duplicates across the split (by group) and evaluate again.",
        "Dropout would keep a constant, small distance between the two curves.",
        "fix_train_eval_split",
    ),
    "catastrophic_forgetting": Entry(
        "generalisation",
        "warn",
        "forgetting of general ability",
        "The new task overwrites what the model knew before.",
        "Mix in general data, or use a lower learning rate, a lower rank or fewer steps.",
        "Overfitting would raise the eval loss of the task itself.",
        "mix_general_data",
    ),
    "grad_clipping_always": Entry(
        "efficiency",
        "warn",
        "clipping that is always active",
        "Every step is cut to the same length, so the learning rate no longer means what it says.",
        "Raise max_grad_norm to about one.",
        "Clipping now and then is normal and wanted.",
        "raise_max_grad_norm",
    ),
    "throughput_padding": Entry(
        "efficiency",
        "info",
        "time spent on padding",
        "Short rows are filled up with empty tokens, and the machine computes those too.",
        "Use packing, padding-free batches or length grouping.",
        "A slow disk or a slow tokenizer would leave the GPU idle.",
        "enable_packing",
    ),
    "memory_creep": Entry(
        "efficiency",
        "critical",
        "GPU memory that grows step by step",
        "Something is kept at every step and never let go, until the card is full.",
        "Find what is kept per step (logits, losses with their graph, fragmentation), lower "
        "max_length, or empty the cache at evaluation.",
        "One long batch raises the memory once, and it stays there.",
        "find_memory_leak",
    ),
}
