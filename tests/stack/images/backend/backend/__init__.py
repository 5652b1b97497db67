# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for Ticketz's backend, for tests: real rows, real files, real keys in Redis, real tokens."""
