/* export.c - the step onnx.export: zpl's own function of Python makes a file of ONNX of a model of its library.
 * It is run as the functions of users are; stdlib/python/zpl/_export.py is the other side.   Floor: stdlib. */
#include "stdlib/body/export.h"
#include "stdlib/body/python.h"

const char zpl_export_body[] = "{\"own\":{"
                               "\"sklearn\":[\"lightgbm\",\"onnx\",\"onnxmltools\","
                               "\"skl2onnx\",\"skops\",\"xgboost\"],"
                               "\"torch\":[\"onnx\",\"onnxscript\",\"safetensors\",\"torch\"],"
                               "\"xgboost\":[\"onnx\",\"onnxmltools\",\"xgboost\"]"
                               "},\"code\":[\"keras\",\"torch\"],\"python\":\"zpl:export\"}";

#define LINE(framework, more)                                                                      \
    "(model: Model {" framework ", features: f, label: l: y}" more ") -> "                         \
    "(model: Model {onnx, features: f, label: l: y})"

#define OUTPUT ", output?: Enum {\"logit\", \"probability\"}"

ZPL_KERNEL(onnx_export) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "onnx.export",
    .signature = LINE("sklearn", "") "\n" LINE("xgboost", "") "\n" LINE("lightgbm", "") "\n" LINE(
        "torch", OUTPUT) "\n" LINE("keras", OUTPUT),
    .doc =
        "Makes a model of ONNX of a model of its library: from here on no Python.\n"
        "\n"
        "predict and evaluate score it by ONNX Runtime, other programs as they like; it says "
        "itself what "
        "its\n"
        "features, label and classes are, and what its output means.  Made by\n"
        "\n"
        "    scikit-learn   skl2onnx     pipelines too, also with XGBoost or LightGBM in them\n"
        "                                (onnxmltools); a classifier has to have predict_proba\n"
        "    XGBoost        onnxmltools\n"
        "    LightGBM       onnxmltools  held to LightGBM's own scores of random rows\n"
        "    PyTorch        torch.onnx   a module of one input, the features of all rows\n"
        "    Keras          tf2onnx      on TensorFlow; a model of one input, likewise\n"
        "\n"
        "A net gives one number a row, or one a class in the order of its label's Enum (of a "
        "String, of "
        "its list\n"
        "`classes`).  Whether these are probabilities or logits is found out by rows far from all "
        "that it "
        "learnt\n"
        "from: probabilities stay between 0 and 1 there.  `output` says it in place of that, and "
        "has to for a net\n"
        "that refuses such rows, as one with an Embedding.\n"
        "\n"
        "Runs in the environment of the step that made the model, where that is known, else by the "
        "python3 on\n"
        "PATH; `env = venv \"requirements.txt\"` says another.  Versions of Python and of these "
        "packages "
        "count.\n"
        "\n"
        "Texts among the features, and features that the model takes apart by their names, become "
        "inputs "
        "of\n"
        "their own, all others one tensor of floats.  Numbers are 32 bits wide there: what the "
        "library "
        "computes\n"
        "in 64 differs by about 1e-6.\n"
        "\n"
        "Fails when the converter knows no such model, and says so in its words.\n"
        "\n"
        "    local model  = onnx.export { fit { train } }\n"
        "    local report = evaluate { model, test }\n",
    .engines = "",
    .run = zpl_python_run,
};
