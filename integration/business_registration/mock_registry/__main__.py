import sys

from integration.mock_kit.server import serve

if __name__ == "__main__":
    sys.exit(serve("integration.business_registration.mock_registry.app:application", name="mock-registry"))
