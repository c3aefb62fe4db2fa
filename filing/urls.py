"""Routes of filing (备案路由); who may open each stands in the portal's access map."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

import sealreg.web.converters  # noqa: F401 - registers <number:…>
from filing.views import police, police_filing, public, shop, shop_drafts, shop_ending, shop_making, shop_replacing

urlpatterns: list[URLPattern | URLResolver] = [
    path("progress/", public.progress, name="progress"),
    path("progress/disavow/", public.disavow, name="disavow"),
    path("progress/rate/", public.rate, name="rate"),
    path("check/", public.check_seal, name="check_seal"),
    path("police/", police.police_home, name="police_home"),
    path("police/filings/<number:number>/", police_filing.police_filing, name="police_filing"),
    path("police/filings/<number:number>/return/", police_filing.police_return, name="police_return"),
    path(
        "police/filings/<number:number>/lift-disavowal/",
        police_filing.police_lift_disavowal,
        name="police_lift_disavowal",
    ),
    path("police/filings/<number:number>/close-return/", police_filing.police_close_return, name="police_close_return"),
    path("shop/", shop.shop_home, name="shop_home"),
    path("shop/filings/new/", shop_drafts.shop_new, name="shop_new"),
    path("shop/filings/<number:number>/", shop_making.shop_filing, name="shop_filing"),
    path("shop/filings/<number:number>/edit/", shop_drafts.shop_draft, name="shop_draft"),
    path("shop/filings/<number:number>/check/", shop_drafts.shop_check, name="shop_check"),
    path("shop/filings/<number:number>/discard/", shop_drafts.shop_discard, name="shop_discard"),
    path("shop/filings/<number:number>/receipt/", shop_drafts.shop_receipt, name="shop_receipt"),
    path("shop/filings/<number:number>/complete/", shop_making.shop_complete, name="shop_complete"),
    path("shop/filings/<number:number>/withdraw/", shop_making.shop_withdraw, name="shop_withdraw"),
    path("shop/filings/<number:number>/answer/", shop_making.shop_answer, name="shop_answer"),
    path("shop/seals/<str:code>/imprint/", shop_making.shop_imprint, name="shop_imprint"),
    path("shop/seals/<str:code>/chip/", shop_making.shop_chip, name="shop_chip"),
    path("shop/seals/<str:code>/replace-chip/", shop_replacing.shop_replace, name="shop_replace"),
    path("shop/seals/<str:code>/write-chip/", shop_replacing.shop_write_again, name="shop_write_again"),
    path("shop/seals/<str:code>/destroy/", shop_ending.shop_destroy, name="shop_destroy"),
    path("shop/seals/<str:code>/loss/", shop_ending.shop_loss, name="shop_loss"),
    path("shop/seals/<str:code>/delivery/", shop_making.shop_delivery, name="shop_delivery"),
]
