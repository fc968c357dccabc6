"""`tocsin pay`: what on-call is paid, month by month: shown, closed, corrected."""

from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import Desk, command
from tocsin.cli.times import local
from tocsin.control import requests as r
from tocsin.control.oncall.pay_csv import UNITS, as_csv, plain
from tocsin.core.oncall.pay.closed import Adjustment
from tocsin.core.oncall.pay.lines import Paid, PayLine

pay = typer.Typer(help="Pay: what on-call is paid, every line with its reason.", no_args_is_help=True)

Team = Annotated[str, typer.Argument(help="The team.")]
MonthArgument = Annotated[str, typer.Argument(metavar="MONTH", help="A month such as 2026-06.")]


@command(pay, "show", "tocsin pay show platform 2026-06", "tocsin pay show platform 2026-06 --csv > june.csv")
def show_pay(
    desk: Desk,
    team: Team,
    month: MonthArgument,
    person: Annotated[str | None, typer.Option("--person", help="Only what this person gets.")] = None,
    as_table: Annotated[bool, typer.Option("--csv", help="A row a line, for whoever pays.")] = False,
) -> None:
    """A month as it was closed, or as it stands by now."""
    view: r.PayView = desk.ask(r.ShowPay(team, month, person))
    if as_table and not desk.json:
        desk.write(as_csv(view, {}))
        return
    desk.answer(view, lambda found: _show(desk, found))


@command(pay, "close", "tocsin pay close platform 2026-06")
def close_pay(desk: Desk, team: Team, month: MonthArgument) -> None:
    """Lock a month that is over. What changes later is corrected by an adjustment."""
    desk.answer(desk.ask(r.ClosePay(team, month)), lambda found: _show(desk, found))


@command(
    pay, "adjust", "tocsin pay adjust platform 2026-06 alice 12.50 EUR --why 'covered for bob on the 4th'"
)
def adjust_pay(
    desk: Desk,
    team: Team,
    month: MonthArgument,
    person: Annotated[str, typer.Argument(help="Whose pay is corrected.")],
    amount: Annotated[str, typer.Argument(help="12.50, or -12.50 behind --.")],
    currency: Annotated[str, typer.Argument(help="A currency such as EUR.")],
    why: Annotated[str, typer.Option("--why", help="Stands on the line.")],
) -> None:
    """Correct a closed month; it is paid with the next month that is not closed."""
    made: Adjustment = desk.ask(r.AdjustPay(team, month, person, amount, currency, why))
    said = f"{escape(made.person)} gets {plain(made.amount)} {made.currency} for {made.of} with {made.into}."
    desk.answer(made, lambda _: desk.say(said))


def _show(desk: Desk, view: r.PayView) -> None:
    closed = f", closed by {escape(view.closed_by)}" if view.closed_at else ""
    desk.say(f"[bold]{escape(view.team)} {view.month}[/] {looks.state(view.state)}{closed}")
    if not view.lines:
        desk.say(
            looks.nothing("Nothing is paid in this month.", "Rules stand under `pay:` in the configuration.")
        )
        return
    table = looks.table("person!", "why", "when!", "quantity!", "amount!")
    for line in view.lines:
        table.add_row(
            escape(line.person), escape(line.why), _when(desk, line), _quantity(line), _amount(line)
        )
    desk.say(table, "")
    sums = looks.table("person!", "amount!", "days off!")
    for total in view.totals:
        money = f"{plain(total.amount)} {total.currency}" if total.currency else "[dim]-[/]"
        sums.add_row(escape(total.person), money, plain(total.days_off) if total.days_off else "[dim]-[/]")
    desk.say(sums)
    for each in view.differences:
        desk.say(
            f"[yellow]{each.month} was closed with {plain(each.paid)} {each.currency} for {escape(each.person)};"
            f" by now it would be {plain(each.now)}.[/] [dim]tocsin pay adjust {escape(view.team)} {each.month}"
            f" {escape(each.person)} -- {plain(each.owed)} {each.currency} --why '...'[/]"
        )


def _when(desk: Desk, line: PayLine) -> str:
    return local(line.starts_at, desk.now, desk.zone) if line.starts_at else "[dim]-[/]"


def _quantity(line: PayLine) -> str:
    return "[dim]-[/]" if line.what is Paid.ADJUSTMENT else f"{plain(line.quantity)} {UNITS[line.what]}"


def _amount(line: PayLine) -> str:
    return "[dim]-[/]" if line.what is Paid.TIME_OFF else f"{plain(line.amount)} {line.currency}"
