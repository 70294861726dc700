using DChat.Tls.Connections;

namespace DChat.Tls.Tests.Connections;

/// <summary>Strangers that connect and never finish the handshake. They have a silo of their own, whose log they fill.</summary>
public sealed class HandshakeFloodTests(TlsSilo silo) : IClassFixture<TlsSilo>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flood_of_unfinished_handshakes_makes_way_and_silos_and_clients_still_come()
    {
        using var strangers = new Flood();
        await strangers.ConnectAsync(silo.SiloPort, UnfinishedHandshakes.MaxPerNetwork + 1, Cancel);
        await strangers.ConnectAsync(silo.ClientPort, UnfinishedHandshakes.MaxPerNetwork + 1, Cancel);

        Assert.True(await RawTls.IsAnsweredAsync(silo.SiloPort, silo.Authority.Issue(isSilo: true), Cancel));
        Assert.Equal(1, await TlsSilo.CountSilosAsync(silo.ClientPort, silo.Authority.Client(), Cancel));
        foreach (var port in new[] { "silo port", "client port" })
        {
            await silo.Log.WaitForAsync(line => line.Contains($" at the {port}: it made way for another handshake", StringComparison.Ordinal), Patience, Cancel);
        }
    }
}
