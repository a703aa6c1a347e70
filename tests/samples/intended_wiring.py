"""What feeds what in the samples, written down by hand: what Cursus' rule must come to."""

INTENDED: dict[str, dict[str, tuple[str, str]]] = {
    "TabularPreprocessing_training": {
        "DATA": ("CradleDataLoading_training", "DATA"),
        "DATA_SECONDARY": ("RedshiftDataLoading", "output"),
        "SIGNATURE": ("CradleDataLoading_training", "SIGNATURE"),
    },
    "CurrencyConversion_training": {"input_data": ("TabularPreprocessing_training", "processed_data")},
    "MissingValueImputation_training": {"input_data": ("CurrencyConversion_training", "processed_data")},
    "RiskTableMapping_training": {
        "input_data": ("MissingValueImputation_training", "processed_data"),
        "model_artifacts_input": ("MissingValueImputation_training", "model_artifacts_output"),
    },
    "FeatureSelection_training": {
        "input_data": ("RiskTableMapping_training", "processed_data"),
        "model_artifacts_input": ("RiskTableMapping_training", "model_artifacts_output"),
    },
    "SklearnTraining": {
        "input_path": ("FeatureSelection_training", "processed_data"),
        "model_artifacts_input": ("FeatureSelection_training", "model_artifacts_output"),
    },
    "TabularPreprocessing_calibration": {
        "DATA": ("CradleDataLoading_calibration", "DATA"),
        "DATA_SECONDARY": ("RedshiftDataLoading", "output"),
        "SIGNATURE": ("CradleDataLoading_calibration", "SIGNATURE"),
    },
    "CurrencyConversion_calibration": {"input_data": ("TabularPreprocessing_calibration", "processed_data")},
    "MissingValueImputation_calibration": {
        "input_data": ("CurrencyConversion_calibration", "processed_data"),
        "model_artifacts_input": ("MissingValueImputation_training", "model_artifacts_output"),
    },
    "RiskTableMapping_calibration": {
        "input_data": ("MissingValueImputation_calibration", "processed_data"),
        "model_artifacts_input": ("RiskTableMapping_training", "model_artifacts_output"),
    },
    "SklearnModelEval_calibration": {
        "model_input": ("SklearnTraining", "model_output"),
        "processed_data": ("RiskTableMapping_calibration", "processed_data"),
    },
    "ModelCalibration_calibration": {"evaluation_data": ("SklearnModelEval_calibration", "eval_output")},
    "Package": {
        "model_input": ("SklearnTraining", "model_output"),
        "calibration_model": ("ModelCalibration_calibration", "calibration_output"),
    },
    "Payload": {"model_input": ("SklearnTraining", "model_output")},
    "Registration": {
        "PackagedModel": ("Package", "packaged_model"),
        "GeneratedPayloadSamples": ("Payload", "payload_sample"),
    },
}
