"""Packs the model, its calibration and the inference code into one model.tar.gz for deployment."""

import argparse
import gzip
import logging
import shutil
import sys
import tarfile
import tempfile
import traceback
from pathlib import Path
from typing import Dict, Optional

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - [%(filename)s:%(lineno)d] - %(message)s")
logger = logging.getLogger(__name__)

DEFAULT_MODEL_PATH = "/opt/ml/processing/input/model"
DEFAULT_SCRIPT_PATH = "/opt/ml/processing/input/script"
DEFAULT_CALIBRATION_PATH = "/opt/ml/processing/input/calibration"
DEFAULT_OUTPUT_PATH = "/opt/ml/processing/output"


def unpack_model(model_dir: Path, target: Path) -> None:
    """Bring the model's files into the target, from model.tar.gz or from the unpacked folder."""
    if (model_dir / "model.tar.gz").exists():
        with tarfile.open(model_dir / "model.tar.gz") as archive:
            archive.extractall(target, filter="data")
    else:
        shutil.copytree(model_dir, target, dirs_exist_ok=True)


def pack(folder: Path, archive_file: Path) -> None:
    """Write a tar.gz without times and owners, so that the same content gives the same bytes."""

    def anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.mtime = entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mode = 0o644
        return entry

    with open(archive_file, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as zipped:
        with tarfile.open(fileobj=zipped, mode="w") as archive:
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                archive.add(file, arcname=str(file.relative_to(folder)), filter=anonymous)


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, str],
    job_args: Optional[argparse.Namespace] = None,
) -> Path:
    """Collect everything in a working folder and pack it."""
    output_dir = Path(output_paths["packaged_model"])
    output_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as working:
        unpack_model(Path(input_paths["model_input"]), Path(working))
        calibration = input_paths.get("calibration_model")
        if calibration and Path(calibration).is_dir():
            shutil.copytree(calibration, Path(working) / "calibration")
        scripts = input_paths.get("inference_scripts_input")
        if scripts and Path(scripts).is_dir():
            shutil.copytree(scripts, Path(working) / "code", ignore=shutil.ignore_patterns("__pycache__"))
        pack(Path(working), output_dir / "model.tar.gz")
    return output_dir / "model.tar.gz"


if __name__ == "__main__":
    try:
        input_paths = {
            "model_input": DEFAULT_MODEL_PATH,
            "inference_scripts_input": DEFAULT_SCRIPT_PATH,
            "calibration_model": DEFAULT_CALIBRATION_PATH,
        }
        output_paths = {"packaged_model": DEFAULT_OUTPUT_PATH}
        args = None
        result = main(input_paths, output_paths, {}, args)
        logger.info(f"Packaging completed successfully. Output model at: {result}")
        sys.exit(0)
    except Exception as e:
        logger.error(f"An unexpected error occurred during packaging: {e}")
        logger.error(traceback.format_exc())
        sys.exit(1)
