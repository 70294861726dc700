using System.Globalization;
using DChat.Abstractions.Messages;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>Draws a gateway's part in circuit relay. Others choose some of the text, so every cell is made fit for a terminal.</summary>
internal static class CircuitTable
{
    private const int Indent = 2;

    public static void Write(IAnsiConsole console, GatewayDescription gateway, CircuitDescription? circuits)
    {
        if (circuits is null)
        {
            console.MarkupLineInterpolated($"gateway [blue]{Safe(gateway.PeerId)}[/] in silo {Safe(gateway.Silo)}: [yellow]it does not answer.[/]");
            return;
        }

        var limits = circuits.Limits;
        var serving = circuits.IsServing
            ? string.Create(CultureInfo.InvariantCulture, $"{circuits.Reservations.Length} of {limits.Reservations} places taken, {circuits.Circuits} of {limits.Circuits} circuits open, {circuits.Bytes} bytes carried")
            : "leads to nobody";
        console.MarkupLineInterpolated($"gateway [blue]{Safe(gateway.PeerId)}[/] in silo {Safe(gateway.Silo)}: {serving}");
        if (circuits.IsServing)
        {
            console.MarkupLineInterpolated(
                $"  [grey]limits: {limits.ReservationsPerIp} places of an address, {limits.CircuitsPerPeer} circuits of a peer, {Limit(limits.Duration, limits.Bytes)}[/]");
        }

        WriteAddresses(console, circuits.Addresses);
        WriteReservations(console, circuits.Reservations);
        WriteRequests(console, circuits.Requests);
        WriteRelays(console, circuits.Relays);
    }

    public static void Write(IAnsiConsole console, GatewayDescription gateway, CircuitRelayDescription relay)
    {
        console.MarkupLineInterpolated($"gateway [blue]{Safe(gateway.PeerId)}[/]:");
        WriteRelays(console, [relay]);
    }

    private static void WriteAddresses(IAnsiConsole console, GatewayAddressDescription[] addresses)
    {
        if (addresses.Length > 0)
        {
            var table = new Table().Border(TableBorder.None).AddColumns("own address", "others find it", "reached from", "not from", "since");
            foreach (var own in addresses)
            {
                Add(table, own.Address, own.State, Networks(own.Reached), Networks(own.Failed), own.SettledAt is { } settled ? Time(settled) : "-");
            }

            console.Write(new Padder(table, new Padding(Indent, 0, 0, 0)));
        }
    }

    private static string Networks(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} networks");

    private static void WriteReservations(IAnsiConsole console, CircuitReservationDescription[] reservations)
    {
        if (reservations.Length > 0)
        {
            var table = new Table().Border(TableBorder.None).AddColumns("peer", "until", "circuits", "bytes");
            foreach (var held in reservations)
            {
                Add(table, held.PeerId, Time(held.Expires), held.Circuits.ToString(CultureInfo.InvariantCulture), held.Bytes.ToString(CultureInfo.InvariantCulture));
            }

            console.Write(new Padder(table, new Padding(Indent, 0, 0, 0)));
        }
    }

    private static void WriteRequests(IAnsiConsole console, CircuitRequestCount[] requests)
    {
        if (requests.Length > 0)
        {
            var counts = requests.Select(count => string.Create(CultureInfo.InvariantCulture, $"{Safe(count.Request)} {Safe(count.Status)} {count.Count}"));
            console.MarkupLineInterpolated($"  [grey]requests: {string.Join(", ", counts)}[/]");
        }
    }

    private static void WriteRelays(IAnsiConsole console, CircuitRelayDescription[] relays)
    {
        if (relays.Length > 0)
        {
            var table = new Table().Border(TableBorder.None).AddColumns("reached through", "state", "until", "a circuit carries", "why not");
            foreach (var relay in relays)
            {
                var isReserved = relay.Expires is not null;
                Add(table, relay.Address, relay.State, isReserved ? Time(relay.Expires!.Value) : "-", isReserved ? Limit(relay.Duration, relay.Bytes) : "-", WhyNot(relay));
            }

            console.Write(new Padder(table, new Padding(Indent, 0, 0, 0)));
        }
    }

    private static string WhyNot(CircuitRelayDescription relay) =>
        string.Join(' ', ((string?[])[relay.Fault, relay.RetryAt is { } retry ? $"Tried again at {Time(retry)}." : null]).OfType<string>()) is { Length: > 0 } why ? why : "-";

    private static string Limit(TimeSpan duration, long bytes) => (duration > TimeSpan.Zero, bytes > 0) switch
    {
        (true, true) => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes each way for {duration:c}"),
        (true, false) => string.Create(CultureInfo.InvariantCulture, $"any bytes for {duration:c}"),
        (false, true) => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes each way"),
        _ => "without limit",
    };

    private static void Add(Table table, params string[] cells) => table.AddRow(Array.ConvertAll(cells, cell => Markup.Escape(Safe(cell))));

    private static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Safe(string text) => TerminalText.Sanitize(text);
}
