"""Writes one sample request for each content type, with the fields that the model was trained on."""

import argparse
import csv
import io
import json
import logging
import os
import sys
import tarfile
import tempfile
import traceback
from pathlib import Path
from typing import Any, Dict, Optional

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - [%(filename)s:%(lineno)d] - %(message)s")
logger = logging.getLogger(__name__)

ENV_CONTENT_TYPES = "CONTENT_TYPES"
ENV_DEFAULT_NUMERIC_VALUE = "DEFAULT_NUMERIC_VALUE"
ENV_FIELD_DEFAULTS = "FIELD_DEFAULTS"


def load_hyperparameters(model_dir: str) -> Dict[str, Any]:
    """hyperparameters.json of the model, from model.tar.gz or from the unpacked folder."""
    folder = Path(model_dir)
    if not (folder / "model.tar.gz").exists():
        return json.loads((folder / "hyperparameters.json").read_text())
    with tempfile.TemporaryDirectory() as unpacked:
        with tarfile.open(folder / "model.tar.gz") as archive:
            archive.extractall(unpacked, filter="data")
        return json.loads((Path(unpacked) / "hyperparameters.json").read_text())


def sample_request(config: Dict[str, Any], numeric_default: str, field_defaults: Dict[str, str]) -> Dict[str, str]:
    """One value for each field of the model, as text: what a caller of the endpoint would send."""
    request = {field: numeric_default for field in config["tab_field_list"]}
    request.update({field: "DEFAULT_TEXT" for field in config["cat_field_list"]})
    request.update({field: value for field, value in field_defaults.items() if field in request})
    return request


def render(request: Dict[str, str], content_type: str) -> str:
    """The request in a content type."""
    if content_type == "application/json":
        return json.dumps(request) + "\n"
    if content_type == "text/csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(request.values())
        return text.getvalue()
    raise ValueError(f"Unsupported content type: {content_type}")


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, str],
    job_args: Optional[argparse.Namespace] = None,
) -> str:
    """Write payload_<type>_0.json or .csv for every content type."""
    config = load_hyperparameters(input_paths["model_input"])
    field_defaults = json.loads(environ_vars.get(ENV_FIELD_DEFAULTS, "{}"))
    request = sample_request(config, environ_vars.get(ENV_DEFAULT_NUMERIC_VALUE, "0.0"), field_defaults)

    output_dir = Path(output_paths["payload_sample"])
    output_dir.mkdir(parents=True, exist_ok=True)
    for content_type in environ_vars.get(ENV_CONTENT_TYPES, "application/json").split(","):
        name = "payload_" + content_type.replace("/", "_") + "_0." + content_type.rsplit("/", 1)[1]
        (output_dir / name).write_text(render(request, content_type))
        logger.info(f"Wrote {name} with {len(request)} fields")
    return str(output_dir)


if __name__ == "__main__":
    try:
        input_paths = {"model_input": "/opt/ml/processing/input/model"}
        output_paths = {"payload_sample": "/opt/ml/processing/output"}
        environ_vars = {}
        for env_var in [ENV_CONTENT_TYPES, ENV_DEFAULT_NUMERIC_VALUE, ENV_FIELD_DEFAULTS]:
            if env_var in os.environ:
                environ_vars[env_var] = os.environ[env_var]
        args = None
        result = main(input_paths, output_paths, environ_vars, args)
        logger.info(f"Payload generation completed successfully. Output at: {result}")
        sys.exit(0)
    except Exception as e:
        logger.error(f"Error in payload generation script: {e}")
        logger.error(traceback.format_exc())
        sys.exit(1)
