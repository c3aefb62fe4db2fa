"""The demonstration's filings (演示备案): stories told through the services, and two years copied in."""

from filing.demo.stories import STORIES, load_filings, stories_to_tell

__all__ = ["STORIES", "load_filings", "stories_to_tell"]
