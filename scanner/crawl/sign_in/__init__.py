"""Signing in: LOGIN, PLAIN and XOAUTH2, where tokens come from, and what a refusal means."""
