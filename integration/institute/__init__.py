"""The institute that fills keys into chips (密钥灌装机构): here a simulation, in reality an office far away."""
