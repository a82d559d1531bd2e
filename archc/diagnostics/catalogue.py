"""Every code that archc reports, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple


class Code(NamedTuple):
    """A kind of mistake or doubt: `ARC101`, its short name, what it means in one sentence.

    A warning that is `opt_in` is off unless asked for, with `--warn NAME`.
    """

    code: str
    name: str
    summary: str
    severity: Literal["error", "warning"] = "error"
    opt_in: bool = False


# ARC0xx: reading the file and its YAML
EMPTY_DOCUMENT = Code("ARC001", "empty-document", "A spec says nothing.")
INVALID_UTF8 = Code("ARC002", "invalid-utf8", "A file is not UTF-8 text.")
INVALID_CHARACTER = Code(
    "ARC003", "invalid-character", "A character that no text needs: NUL, a control, a surrogate."
)
YAML_SYNTAX = Code("ARC004", "yaml-syntax", "The text is not YAML.")
TAB_INDENTATION = Code("ARC005", "tab-indentation", "A tab stands where YAML allows only spaces.")
UNCLOSED_QUOTE = Code("ARC006", "unclosed-quote", "A quoted string is never closed.")
UNCLOSED_BRACKET = Code(
    "ARC007", "unclosed-bracket", "A list `[` or mapping `{` is not closed where it should be."
)
UNQUOTED_EXPRESSION = Code(
    "ARC008",
    "unquoted-expression",
    "YAML ends a plain value inside an expression, which must be quoted here.",
)
DUPLICATE_KEY = Code("ARC009", "duplicate-key", "A mapping has the same key twice.")
KEY_NOT_TEXT = Code(
    "ARC010", "key-not-text", "A key is a number, a truth value, nothing, a list or a mapping."
)
ANCHOR = Code("ARC011", "anchor", "An anchor `&name`: `params` and `blocks` do its work.")
ALIAS = Code("ARC012", "alias", "An alias `*name`: `params` and `blocks` do its work.")
MERGE_KEY = Code("ARC013", "merge-key", "A merge key `<<`: `params` and `blocks` do its work.")
TAG = Code("ARC014", "tag", "A tag `!name`: the type of a value follows from how it is written.")
DIRECTIVE = Code("ARC015", "directive", "A line that starts with `%` is a YAML directive.")
SEVERAL_DOCUMENTS = Code("ARC016", "several-documents", "A file holds more than one YAML document.")
UNREADABLE_FILE = Code("ARC017", "unreadable-file", "A file cannot be read at all.")

# ARC1xx: unknown or ill-placed names and keys
UNKNOWN_OPERATION = Code(
    "ARC101", "unknown-operation", "A node names an operation or block that does not exist."
)
UNKNOWN_ARGUMENT = Code(
    "ARC102", "unknown-argument", "An operation or block has no argument of this name."
)
UNKNOWN_KEY = Code("ARC103", "unknown-key", "A key that has no meaning where it stands.")
MISSING_ARGUMENT = Code(
    "ARC104", "missing-argument", "An operation or block lacks an argument that it requires."
)
MISSING_KEY = Code("ARC105", "missing-key", "A required key is not there.")
UNKNOWN_PARAMETER = Code(
    "ARC106", "unknown-parameter", "A value is given for a parameter that is not declared."
)
UNKNOWN_VARIANT = Code("ARC107", "unknown-variant", "A spec has no variant of this name.")
DUPLICATE_NAME = Code("ARC108", "duplicate-name", "Two modules of one parent have the same name.")
RESERVED_NAME = Code(
    "ARC109", "reserved-name", "A name that `nn.Module` or the language already uses."
)
INVALID_NAME = Code(
    "ARC110", "invalid-name", "A name has characters or a length that names cannot have."
)
ILL_FORMED_NODE = Code("ARC111", "ill-formed-node", "A node is not written as nodes are.")
UNKNOWN_INPUT = Code(
    "ARC112", "unknown-input", "A shape is given for an input that does not exist."
)
USE_FAILS = Code("ARC113", "use-fails", "A file under `use` cannot be used.")
NO_SPEC = Code("ARC114", "no-spec", "A file is not a spec of archc but something else.")

# ARC2xx: values and expressions
WRONG_TYPE = Code("ARC201", "wrong-type", "A value is of another type than what is needed.")
VALUE_OUT_OF_RANGE = Code("ARC202", "value-out-of-range", "A value is outside what is allowed.")
EXPRESSION_SYNTAX = Code(
    "ARC203", "expression-syntax", "An expression is not in the language of expressions."
)
UNKNOWN_NAME = Code("ARC204", "unknown-name", "An expression uses a name that is not in reach.")
EXPRESSION_ERROR = Code("ARC205", "expression-error", "An expression has no value.")
UNCLOSED_EXPRESSION = Code("ARC206", "unclosed-expression", "A `$(` has no `)`.")
EXPRESSION_LIMIT = Code("ARC207", "expression-limit", "An expression is beyond a limit.")

# ARC3xx: references and the graph
UNKNOWN_REFERENCE = Code(
    "ARC301", "unknown-reference", "A reference to a node or input that is not in reach."
)
REFERENCE_CYCLE = Code("ARC302", "reference-cycle", "Nodes wait for each other.")
UNREAD_NODE = Code("ARC303", "unread-node", "Nobody reads the result of a node.")
SEVERAL_RESULTS = Code(
    "ARC304", "several-results", "A reference to a node with several results does not say which."
)
WRONG_NUMBER_OF_INPUTS = Code(
    "ARC305", "wrong-number-of-inputs", "A node reads more or fewer tensors than it takes."
)
NO_OUTPUT = Code("ARC306", "no-output", "A network has no output in evaluation.")

# ARC4xx: sizes
SIZE_BELOW_ONE = Code("ARC401", "size-below-one", "A size would be zero or negative.")
JOIN_MISMATCH = Code(
    "ARC402", "join-mismatch", "The branches of a join have sizes that do not match."
)
GROUPS_DO_NOT_DIVIDE = Code(
    "ARC403", "groups-do-not-divide", "`groups` does not divide the channels."
)
RANK_MISMATCH = Code(
    "ARC404", "rank-mismatch", "A tensor has another number of dimensions than what is needed."
)
SIZE_NEEDED = Code("ARC405", "size-needed", "A number is needed where only a symbol is known.")
SIZE_MISMATCH = Code("ARC406", "size-mismatch", "A size is another than what is needed.")
UNMET_REQUIREMENT = Code(
    "ARC407", "unmet-requirement", "An operation's arguments and sizes do not go together."
)
DOMAIN_REFUTED = Code(
    "ARC408", "domain-refuted", "A declared range has a size that the network refuses."
)

# ARC5xx: limits
NESTING_TOO_DEEP = Code(
    "ARC501", "nesting-too-deep", "Lists and mappings are nested beyond the limit."
)
SCALAR_TOO_LONG = Code(
    "ARC502", "scalar-too-long", "A single value has more characters than the limit."
)
NUMBER_TOO_LARGE = Code(
    "ARC503", "number-too-large", "A number has more digits, or a larger exponent, than the limit."
)
TOO_MANY_VALUES = Code("ARC504", "too-many-values", "A file holds more values than the limit.")
TOO_MANY_NODES = Code("ARC505", "too-many-nodes", "A network has more nodes than the limit.")
MODULES_TOO_DEEP = Code("ARC506", "modules-too-deep", "Modules nest beyond the limit.")
SIZES_TOO_DEEP = Code("ARC508", "sizes-too-deep", "A size is a formula beyond the limit.")
TOO_MUCH_MEMORY = Code(
    "ARC509", "too-much-memory", "A network's parameters and activations need more than the limit."
)
TOO_MANY_FILES = Code(
    "ARC511", "too-many-files", "A spec uses more files, or more text in them, than the limit."
)
USES_TOO_DEEP = Code("ARC512", "uses-too-deep", "Files use each other beyond the limit.")

# ARC9xx: warnings
UNUSED_PARAMETER = Code("ARC901", "unused-parameter", "Nobody uses a parameter.", "warning")
UNUSED_BLOCK = Code("ARC902", "unused-block", "Nobody uses a block.", "warning")
DOMAIN_NOT_DECIDED = Code(
    "ARC903",
    "domain-not-decided",
    "Whether a network runs at every size of a declared range is out of reach.",
    "warning",
)
LINEAR_WITHOUT_FLATTEN = Code(
    "ARC904",
    "linear-without-flatten",
    "A linear map of an image maps its last dimension alone.",
    "warning",
)
BIAS_BEFORE_BATCH_NORM = Code(
    "ARC905",
    "bias-before-batch-norm",
    "Batch normalisation takes away the bias that was just added.",
    "warning",
    opt_in=True,
)
DROPOUT_BEFORE_BATCH_NORM = Code(
    "ARC906",
    "dropout-before-batch-norm",
    "Dropout changes the variance that batch normalisation has learnt.",
    "warning",
    opt_in=True,
)
DROPPED_ROWS = Code(
    "ARC907",
    "dropped-rows",
    "A window leaves rows or columns of its input unread.",
    "warning",
    opt_in=True,
)
UNUSED_INIT = Code(
    "ARC908", "unused-init", "`init` names an operation that the network does not have.", "warning"
)
CHAINED_BRANCH = Code(
    "ARC909",
    "chained-branch",
    "A branch reads the end of the branch before it, not what the others read.",
    "warning",
)
REPEATED_ACTIVATION = Code(
    "ARC910",
    "repeated-activation",
    "Of two activations in a row one does nothing, or both are the same.",
    "warning",
)
LINEAR_AFTER_LINEAR = Code(
    "ARC911",
    "linear-after-linear",
    "Two linear maps with nothing between them are one linear map.",
    "warning",
)
SOFTMAX_OUTPUT = Code(
    "ARC912",
    "softmax-output",
    "An output is a softmax, which cross-entropy applies again.",
    "warning",
)
CHANNELS_LAST_INPUT = Code(
    "ARC913",
    "channels-last-input",
    "An image is declared with its channels last, and read with its height as channels.",
    "warning",
)
KERAS_MOMENTUM = Code(
    "ARC914",
    "keras-momentum",
    "The momentum of a norm is written as Keras counts it.",
    "warning",
)
GROUPS_OF_INPUT = Code(
    "ARC915",
    "groups-of-input",
    "`groups` are the channels of `input`, at a node that reads others.",
    "warning",
)

CATALOGUE: Mapping[str, Code] = MappingProxyType(
    {code.code: code for code in tuple(globals().values()) if isinstance(code, Code)}
)
"""All codes of this page by code, in its order."""
