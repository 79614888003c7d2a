from hypothesis import settings

# The same examples on every machine and as long as each takes: a red test is red for everybody, and
# a busy machine turns none red.
settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")
