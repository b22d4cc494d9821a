"""A sentence for people, in the two languages of the product."""

from pydantic import BaseModel, ConfigDict


class Text(BaseModel):
    """One sentence in Indonesian (`id`, the default of the product) and in English (`en`).

    Holds no personal data: names, NIK and free text never stand in a Text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    en: str

    def format(self, **values: object) -> "Text":
        """The same sentence with `{placeholders}` filled in both languages."""
        return Text(id=self.id.format(**values), en=self.en.format(**values))
