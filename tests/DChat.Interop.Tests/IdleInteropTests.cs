using System.Globalization;
using DChat.Interop.Tests.Js;

namespace DChat.Interop.Tests;

/// <summary>
/// Real time, since two clocks in two processes are meant: keep-alive of both sides is 30 s. Runs beside the others. More than
/// two minutes, in which js would also close a silent socket, are one command: DCHAT_IDLE_SECONDS=130.
/// </summary>
public sealed class IdleInteropTests
{
    private const int StepMs = 40_000;

    private static readonly int IdleMs =
        1000 * int.Parse(Environment.GetEnvironmentVariable("DCHAT_IDLE_SECONDS") ?? "40", CultureInfo.InvariantCulture);

    [Fact]
    public Task A_connection_and_a_stream_are_usable_after_a_time_without_use() => Task.WhenAll(
        IdleAsync(Side.CSharp, monitorMs: null),
        IdleAsync(Side.Js, monitorMs: null),
        IdleAsync(Side.CSharp, monitorMs: 0),
        IdleAsync(Side.Js, monitorMs: 0));

    private static async Task IdleAsync(Side dialer, int? monitorMs)
    {
        await using var pair = await Pair.ConnectAsync(dialer, new JsPeerSettings { MonitorMs = monitorMs });
        var connection = pair.Connection;
        await using var stream = await pair.OpenAsync(JsPeer.ManualProtocol);
        var theirs = await pair.Js.AcceptAsync();

        // A command is waited for a minute at most.
        for (var left = IdleMs; left > 0; left -= StepMs)
        {
            await pair.Js.DoAsync("wait", ("ms", Math.Min(left, StepMs)));
        }

        await stream.WriteTextAsync("still");
        Assert.Equal("still", await theirs.ReadAsync(5));
        await theirs.WriteAsync("here");
        Assert.Equal("here", await stream.ReadTextAsync(4));
        (await pair.ExchangeAsync(Side.CSharp, 1000)).AssertComplete(1000);
        (await pair.ExchangeAsync(Side.Js, 1000)).AssertComplete(1000);
        Assert.Same(connection, pair.Connection);
        Assert.Empty(pair.Js.Events("connection-close"));

        // The keep-alive of 30 s was answered.
        Assert.NotNull(connection.RoundTripTime);
    }
}
