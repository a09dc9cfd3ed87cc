"""The settings of forecasts: which models are used, how they are trained, and the optional language model."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from shared.settings.addresses import require_safe
from shared.settings.analysis_settings import Section
from shared.settings.server_types import PROJECT, ProjectPath
from shared.settings.setting_types import (
    TRAINED_MODELS,
    ArimaOrder,
    Every,
    ForecastSteps,
    IntervalsOrNone,
    LookBack,
    Observations,
    Seed,
    Share,
    TrainedModels,
    Url,
)


class Models(Section):
    """Settings of trained models and ARIMA. Windows, horizons and frequencies are in bars."""

    forecast_intervals: IntervalsOrNone = Field(default=("1m", "1d"), validation_alias="FORECAST_INTERVALS")
    trained_models: TrainedModels = Field(default=TRAINED_MODELS, validation_alias="TRAINED_MODELS")
    lr_model_path: ProjectPath = Field(
        default=PROJECT / "ml" / "linear_regression_model.joblib", validation_alias="LR_MODEL_PATH"
    )
    ml_window_size: LookBack = Field(default=5, validation_alias="ML_WINDOW_SIZE")
    prediction_horizon: LookBack = Field(default=1, validation_alias="PREDICTION_HORIZON")
    retrain_frequency: Every = Field(default=1000, validation_alias="RETRAIN_FREQUENCY")
    retrain_minutes: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=20, validation_alias="RETRAIN_MINUTES"
    )
    min_training_samples: Annotated[int, Field(ge=2, le=1_000_000)] = Field(
        default=100, validation_alias="MIN_TRAINING_SAMPLES"
    )
    test_size: Share = Field(default=0.2, validation_alias="TEST_SIZE")
    random_state: Seed = Field(default=42, validation_alias="RANDOM_STATE")
    ml_prediction_confidence_threshold: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.7, validation_alias="ML_PREDICTION_CONFIDENCE_THRESHOLD"
    )
    arima_max_p: ArimaOrder = Field(default=5, validation_alias="ARIMA_MAX_P")
    arima_max_d: Annotated[int, Field(ge=0, le=2)] = Field(default=1, validation_alias="ARIMA_MAX_D")
    arima_max_q: ArimaOrder = Field(default=5, validation_alias="ARIMA_MAX_Q")
    arima_seasonal: bool = Field(default=False, validation_alias="ARIMA_SEASONAL")
    arima_forecast_steps: ForecastSteps = Field(default=5, validation_alias="ARIMA_FORECAST_STEPS")
    arima_confidence_level: Share = Field(default=0.95, validation_alias="ARIMA_CONFIDENCE_LEVEL")
    arima_min_observations: Observations = Field(default=50, validation_alias="ARIMA_MIN_OBSERVATIONS")

    @model_validator(mode="after")
    def _require_reach(self) -> Self:
        """Require that ARIMA, against which all models are scored, reaches their horizon."""
        if self.prediction_horizon > self.arima_forecast_steps:
            raise ValueError(
                f"PREDICTION_HORIZON={self.prediction_horizon}: must be at most ARIMA_FORECAST_STEPS, which is "
                f"{self.arima_forecast_steps}."
            )
        return self


class RewordingSettings(Section):
    """The language model that may reword the summary of a symbol; without a base URL, none is used."""

    base_url: Url | Literal[""] = Field(
        default="",
        validation_alias="LLM_BASE_URL",
        description="empty, or a URL such as https://host/v1 or http://localhost:11434/v1",
    )
    api_key: SecretStr = Field(default=SecretStr(""), validation_alias="LLM_API_KEY")
    model: str = Field(default="", validation_alias="LLM_MODEL")

    @model_validator(mode="after")
    def _require_safe_key(self) -> Self:
        require_safe("LLM_BASE_URL", self.base_url, "LLM_API_KEY", self.api_key.get_secret_value())
        return self
