using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Libp2p.Tests.Protocols.Kad;

public sealed class TableFileTests
{
    [Fact]
    public async Task What_is_kept_is_there_again_and_bounded()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.table");
        try
        {
            var file = new TableFile(path, NullLogger.Instance);
            Assert.Empty(await file.LoadAsync(TestContext.Current.CancellationToken));
            var peers = Peers(TableFile.MaxPeers + 1);
            await file.SaveAsync(peers, TestContext.Current.CancellationToken);
            await file.SaveAsync(peers, TestContext.Current.CancellationToken);
            var kept = await file.LoadAsync(TestContext.Current.CancellationToken);
            Assert.Equal(peers.Take(TableFile.MaxPeers).Select(p => p.Id), kept.Select(p => p.Id));
            Assert.Equal(peers[0].Addresses, kept[0].Addresses);
            Assert.Equal([path], Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(path) + "*"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_is_damaged_anywhere_or_of_another_version_is_passed_over()
    {
        var good = TableFile.Encode(Peers(2));
        Assert.True(TableFile.TryDecode(good, out var peers));
        Assert.Equal(2, peers.Count);
        for (var i = 0; i < good.Length; i++)
        {
            var bad = (byte[])good.Clone();
            bad[i] ^= 1;
            Assert.False(TableFile.TryDecode(bad, out _));
            Assert.False(TableFile.TryDecode(good.AsMemory(0, i), out _));
        }
    }

    private static KadPeer[] Peers(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new KadPeer(TestHosts.SomePeer(), [Multiaddr.Parse($"/ip4/8.8.8.8/tcp/{i}")]))];
}
