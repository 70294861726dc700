using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Tests.Protocols.Kad;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Requests by hand, from hosts without Kademlia.</summary>
internal static class KadRequests
{
    public const string Protocol = "/test/kad/1.0.0";

    public static Task<KadMessage?> PutAsync(Libp2pHost from, KadNode to, byte[] key, byte[] recordKey, byte[] value) =>
        AskAsync(from, to.Peer, new KadMessage(KadMessageType.PutValue) { Key = key, Record = new KadRecord(recordKey, value) });

    /// <summary>The answer; null when the stream was reset.</summary>
    public static async Task<KadMessage?> AskAsync(Libp2pHost from, PeerId to, KadMessage request)
    {
        await using var stream = await from.NewStreamAsync(to, [Protocol], TestContext.Current.CancellationToken);
        try
        {
            KadMessageWriter.Write(stream.Output, request);
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
            var bytes = await LengthPrefixed.ReadAsync(stream.Input, KadMessage.MaxReceived, TestContext.Current.CancellationToken);
            return bytes is not null && KadMessageReader.TryRead(bytes, out var answer) ? answer : null;
        }
        catch (Libp2pException e) when (e.Code == Libp2pErrorCodes.StreamReset)
        {
            return null;
        }
    }

    /// <summary>Sends what is not answered, and waits until the other side has ended the stream.</summary>
    public static async Task TellAsync(Libp2pHost from, PeerId to, KadMessage message) => Assert.Null(await AskAsync(from, to, message));

    public static async Task SendRawAsync(Libp2pHost from, PeerId to, byte[] bytes)
    {
        await using var stream = await from.NewStreamAsync(to, [Protocol], TestContext.Current.CancellationToken);
        try
        {
            await stream.Output.WriteAsync(bytes, TestContext.Current.CancellationToken);
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
            await stream.Completion.WaitAsync(TestContext.Current.CancellationToken);
        }
        catch (Libp2pException)
        {
            // Reset already.
        }
    }
}
