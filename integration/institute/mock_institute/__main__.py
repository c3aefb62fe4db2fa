import sys

from integration.mock_kit.server import serve

if __name__ == "__main__":
    sys.exit(serve("integration.institute.mock_institute.app:application", name="mock-institute"))
