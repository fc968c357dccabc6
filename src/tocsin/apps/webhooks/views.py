"""Outgoing webhooks on screen: subscribe, try, look at what became of each delivery, send it again."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import needs
from tocsin.apps.public_url import base_url
from tocsin.apps.webhooks import actions, queries
from tocsin.apps.webhooks.forms import WebhookForm
from tocsin.control.client import NotAnswering
from tocsin.control.requests import PutNoun, Refused, RemoveNoun, ResendDelivery, SendTestEvent
from tocsin.core.roles import Permission
from tocsin.core.webhooks import EVENTS, DeliveryState, Webhook

STATES = (
    ("", "All"),
    (DeliveryState.WAITING, "Waiting"),
    (DeliveryState.DELIVERED, "Delivered"),
    (DeliveryState.FAILED, "Given up"),
)


@needs(Permission.ADMINISTER)
@require_safe
def webhooks(request: HttpRequest) -> HttpResponse:
    return render(request, "webhooks/list.html", {"rows": queries.rows(facts())})


@needs(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def new_webhook(request: HttpRequest) -> HttpResponse:
    form = WebhookForm(facts(), data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["name"] in facts().webhooks:
            form.add_error("name", "There is a webhook of that name already.")
        else:
            put, secret = actions.made(form.cleaned_data)
            if _put(request, put, form):
                return _with_secret(request, put.name, secret, "It is subscribed.")
    return _form(request, form, 422 if form.errors else 200)


@needs(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_webhook(request: HttpRequest, key: str) -> HttpResponse:
    known = _known(key)
    form = WebhookForm(facts(), known, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        put = actions.changed(known, form.cleaned_data)
        if _put(request, put, form):
            messages.success(request, "Saved.")
            return redirect("webhook", key=key)
    return _form(request, form, 422 if form.errors else 200)


def _form(request: HttpRequest, form: WebhookForm, status: int) -> HttpResponse:
    context = {"form": form, "made": form.made, "events": list(EVENTS)}
    return render(request, "webhooks/form.html", context, status=status)


@needs(Permission.ADMINISTER)
@require_safe
def webhook(request: HttpRequest, key: str) -> HttpResponse:
    return render(request, "webhooks/show.html", _page(request, key))


def _page(request: HttpRequest, key: str) -> dict[str, Any]:
    row = queries.row(facts(), key)
    if row is None:
        raise Http404(f"There is no webhook {key}.")
    state = request.GET.get("state", "")
    state = state if state in dict(STATES) else ""
    before = request.GET.get("before", "").replace("\0", "")[:300]
    log = queries.log(key, state, before)
    said = {"state": state} if state else {}
    return {
        "row": row,
        "webhook": row.webhook,
        "log": log,
        "state": state,
        "states": STATES,
        "older": "?" + urlencode({**said, "before": log.older}) if log.older else "",
        "newest": "?" + urlencode(said) if before else "",
        "editable": row.origin != "git",
        "both_until": row.webhook.previous_until
        if row.webhook.previous_until and row.webhook.previous_until > timezone.now()
        else None,
    }


@needs(Permission.ADMINISTER)
@require_POST
def act_on_webhook(request: HttpRequest, key: str) -> HttpResponse:
    """`do`: test, resend (with `delivery`), rotate, on, off, remove."""
    known = _known(key)
    back = reverse("webhook", kwargs={"key": key})
    do = request.POST.get("do", "")
    try:
        match do:
            case "test":
                messages.success(request, ask(request, SendTestEvent(key)).said)
            case "resend":
                wanted = request.POST.get("delivery", "")[:300]
                if not wanted.startswith(f"{key}/"):
                    raise Refused("not_found", "That delivery is not this webhook's.", "delivery")
                messages.success(request, ask(request, ResendDelivery(wanted)).said)
                back = reverse(
                    "webhook-delivery", kwargs={"key": key, "rest": wanted.removeprefix(f"{key}/")}
                )
            case "rotate":
                put, secret = actions.rotated(known, timezone.now())
                ask(request, put)
                return _with_secret(
                    request, key, secret, "The secret is new. For a day the one before signs as well."
                )
            case "on" | "off":
                ask(request, actions.switched(known, do == "on"))
                messages.success(request, "It is switched on." if do == "on" else "It is switched off.")
            case "remove":
                ask(request, RemoveNoun(actions.KIND, key))
                messages.success(request, f"{key} is removed. What waited for it is dropped.")
                back = reverse("webhooks")
            case _:
                raise BadRequest("There is no such act.")
    except (Refused, NotAnswering) as refused:
        messages.warning(request, f"Nothing was changed: {refused}")
    return redirect(back)


@needs(Permission.ADMINISTER)
@require_safe
def delivery(request: HttpRequest, key: str, rest: str) -> HttpResponse:
    found = queries.delivery(key, rest)
    if found is None:
        raise Http404("There is no such delivery; settled ones are kept for 30 days.")
    url = f"{base_url()}/incidents/{found.incident}"
    context = {
        "delivery": found,
        "key": key,
        "attempts": queries.attempts(found.id),
        "payload": queries.payload(found, url),
        "live": key in facts().webhooks,
    }
    return render(request, "webhooks/delivery.html", context)


def _known(key: str) -> Webhook:
    found = facts().webhooks.get(key)
    if found is None:
        raise Http404(f"There is no webhook {key}.")
    return found


def _put(request: HttpRequest, put: PutNoun, form: WebhookForm) -> bool:
    """Whether it is kept; what is wrong stands at its field."""
    try:
        ask(request, put)
    except Refused as refused:
        field = refused.field.partition(".")[0].partition("[")[0]
        form.add_error(field if field in form.fields else None, refused.message)
        return False
    except NotAnswering as error:
        form.add_error(None, str(error))
        return False
    return True


def _with_secret(request: HttpRequest, key: str, secret: str, said: str) -> HttpResponse:
    """The one time that the secret is shown: in the answer itself, kept by nobody's cache."""
    answer = render(request, "webhooks/secret.html", {"key": key, "secret": secret, "said": said})
    answer["Cache-Control"] = "no-store"
    return answer
