using DChat.Libp2p.Protocols.Perf;

namespace DChat.Interop.Tests;

public sealed class PerfInteropTests
{
    [Theory]
    [InlineData(Side.CSharp, 0, 8_000_000)]
    [InlineData(Side.CSharp, 8_000_000, 0)]
    [InlineData(Side.Js, 0, 8_000_000)]
    [InlineData(Side.Js, 8_000_000, 0)]
    public async Task Perf_counts_every_byte_whoever_asks(Side client, long upload, long download)
    {
        await using var pair = await Pair.ConnectAsync(client, configure: options => options.ServePerf = true);
        if (client == Side.CSharp)
        {
            // It throws unless all came.
            Assert.True(await pair.Host.PerfAsync(pair.Js.Id, upload, download, TestContext.Current.CancellationToken) > TimeSpan.Zero);
            return;
        }

        var received = await pair.Js.DoAsync("perf", ("peer", pair.Host.LocalPeer.ToString()), ("upload", upload), ("download", download));
        Assert.Equal(download, (long)received!);
    }
}
