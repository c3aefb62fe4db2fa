import sys

from integration.mock_kit.server import serve

if __name__ == "__main__":
    sys.exit(serve("integration.ministry.mock_platform.app:application", name="mock-ministry"))
