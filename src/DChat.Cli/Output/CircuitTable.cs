using System.Globalization;
using DChat.Abstractions.Messages;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>Draws a gateway's part in circuit relay. Others choose some of the text, so every cell is made fit for a terminal.</summary>
internal static class CircuitTable
{
    public static void Write(IAnsiConsole console, GatewayDescription gateway, CircuitDescription? circuits)
    {
        if (circuits is null)
        {
            Cells.WriteSilent(console, gateway);
            return;
        }

        var limits = circuits.Limits;
        var serving = circuits.IsServing
            ? string.Create(CultureInfo.InvariantCulture, $"{circuits.Reservations.Length} of {limits.Reservations} reservations held, {circuits.Circuits} of {limits.Circuits} circuits open, {circuits.Bytes} bytes carried")
            : "leads to nobody";
        console.MarkupLineInterpolated($"gateway [blue]{Cells.Safe(gateway.PeerId)}[/] in silo {Cells.Safe(gateway.Silo)}: {serving}");
        if (circuits.IsServing)
        {
            console.MarkupLineInterpolated(
                $"  [grey]limits: {limits.ReservationsPerNetwork} reservations of a network, {limits.CircuitsPerPeer} circuits of a peer, {Limit(limits.Duration, limits.Bytes)}[/]");
        }

        WriteAddresses(console, circuits.Addresses);
        WriteReservations(console, circuits.Reservations);
        WriteRequests(console, circuits.Requests);
        WriteRelays(console, circuits.Relays);
    }

    public static void Write(IAnsiConsole console, GatewayDescription gateway, CircuitRelayDescription relay)
    {
        console.MarkupLineInterpolated($"gateway [blue]{Cells.Safe(gateway.PeerId)}[/]:");
        WriteRelays(console, [relay]);
    }

    private static void WriteAddresses(IAnsiConsole console, GatewayAddressDescription[] addresses) => Cells.Write(
        console,
        ["own address", "others find it", "reached from", "not from", "since"],
        Array.ConvertAll<GatewayAddressDescription, string[]>(
            addresses, own => [own.Address, own.State, Networks(own.Reached), Networks(own.Failed), own.SettledAt is { } settled ? Cells.Time(settled) : Cells.None]));

    private static string Networks(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} networks");

    private static void WriteReservations(IAnsiConsole console, CircuitReservationDescription[] reservations) => Cells.Write(
        console,
        ["peer", "until", "circuits", "bytes"],
        Array.ConvertAll<CircuitReservationDescription, string[]>(
            reservations, held => [held.PeerId, Cells.Time(held.Expires), Cells.Number(held.Circuits), Cells.Number(held.Bytes)]));

    private static void WriteRequests(IAnsiConsole console, CircuitRequestCount[] requests)
    {
        if (requests.Length > 0)
        {
            var counts = requests.Select(count => string.Create(CultureInfo.InvariantCulture, $"{Cells.Safe(count.Request)} {Cells.Safe(count.Status)} {count.Count}"));
            console.MarkupLineInterpolated($"  [grey]requests: {string.Join(", ", counts)}[/]");
        }
    }

    private static void WriteRelays(IAnsiConsole console, CircuitRelayDescription[] relays) => Cells.Write(
        console,
        ["reached through", "state", "until", "a circuit carries", "why not"],
        Array.ConvertAll<CircuitRelayDescription, string[]>(relays, relay =>
        [
            relay.Address,
            relay.State,
            relay.Expires is { } expires ? Cells.Time(expires) : Cells.None,
            relay.Expires is null ? Cells.None : Limit(relay.Duration, relay.Bytes),
            WhyNot(relay),
        ]));

    private static string WhyNot(CircuitRelayDescription relay) => (relay.Fault, relay.RetryAt) switch
    {
        ({ } fault, { } retry) => $"{fault} Tried again at {Cells.Time(retry)}.",
        (null, { } retry) => $"Tried again at {Cells.Time(retry)}.",
        (var fault, null) => fault ?? Cells.None,
    };

    private static string Limit(TimeSpan duration, long bytes) => (duration > TimeSpan.Zero, bytes > 0) switch
    {
        (true, true) => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes each way for {duration:c}"),
        (true, false) => string.Create(CultureInfo.InvariantCulture, $"any bytes for {duration:c}"),
        (false, true) => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes each way"),
        _ => "without limit",
    };
}
