"""Settings (配置): base is shared; local, test and production each state their own differences."""
