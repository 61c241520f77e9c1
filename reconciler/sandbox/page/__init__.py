"""The page at `/`: the account looked through in a browser, and one form that edits a product.

    app = with_page(app, host)     # an ASGI application: the pages, and the API behind them

Everything is rendered here and needs no script.  Reading the pages is no request to the API:
it is neither logged nor counted against the rate limit.
"""

from reconciler.sandbox.page.web import with_page

__all__ = ["with_page"]
