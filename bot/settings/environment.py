"""The settings of the process from its environment: tokens, addresses, the data folder and the YAML file."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings.configuration import Configuration


class Environment(BaseSettings):
    """The environment variables. Secrets are `SecretStr`, which never shows them."""

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore", frozen=True, env_ignore_empty=True)

    slack_bot_token: SecretStr | None = Field(
        default=None, alias="SLACK_BOT_TOKEN", description="the bot's token, xoxb-…"
    )
    slack_app_token: SecretStr | None = Field(
        default=None, alias="SLACK_APP_TOKEN", description="the app-level token, xapp-…, for Socket Mode"
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None, alias="SLACK_SIGNING_SECRET", description="checks Slack's requests, with --http"
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", alias="SLACK_API_URL", description="base URL of the Web API"
    )
    database_url: SecretStr | None = Field(
        default=None,
        alias="XK8S_DATABASE_URL",
        description="SQLAlchemy URL; default: SQLite in the data folder",
    )
    data_dir: Path = Field(
        default=Path("~/.local/share/xk8s"), alias="XK8S_DATA_DIR", description="the data folder"
    )
    config: Path | None = Field(default=None, alias="XK8S_CONFIG", description="the YAML file")
    audit_key: SecretStr | None = Field(
        default=None,
        alias="XK8S_AUDIT_KEY",
        description=(
            "signs the head of the audit chain; several by commas: the first signs, all verify"
            " (docs/audit.md)"
        ),
    )
    replica_id: str | None = Field(
        default=None,
        alias="XK8S_REPLICA_ID",
        description="default: the pod's name, else an id in the data folder",
    )
    admin_addr: str = Field(
        default="127.0.0.1:9090",
        alias="XK8S_ADMIN_ADDR",
        description="address of /healthz, /readyz and /metrics",
    )

    @field_validator("slack_api_url")
    @classmethod
    def _ends_with_a_slash(cls, value: str) -> str:
        return value if value.endswith("/") else f"{value}/"

    @field_validator("data_dir")
    @classmethod
    def _expanded(cls, value: Path) -> Path:
        return value.expanduser()

    @field_validator("admin_addr")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, colon, port = value.rpartition(":")
        if not colon or not host or not port.isdigit() or int(port) > 65_535:
            raise ValueError(f"{value!r} is not HOST:PORT")
        return value


class Settings(Environment):
    """All settings: the environment, and the file that it names."""

    configuration: Configuration = Configuration()

    @property
    def database(self) -> SecretStr:
        """The SQLAlchemy URL of the database, by default SQLite in the data folder."""
        return self.database_url or SecretStr(f"sqlite:///{self.data_dir / 'xk8s.sqlite3'}")

    @property
    def admin_host(self) -> str:
        """The address that the admin port listens on."""
        return self.admin_addr.rpartition(":")[0]

    @property
    def admin_port(self) -> int:
        """The port of /healthz, /readyz and /metrics."""
        return int(self.admin_addr.rpartition(":")[2])
