using System.Collections.Concurrent;
using DChat.Abstractions.Admission;
using DChat.Abstractions.Flow;
using DChat.Core.Envelopes;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Gateway.Admission;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.Options;

namespace DChat.Gateway.Push;

/// <summary>Serves <c>/dchat/push/1</c> (<c>Protocol/push.proto</c>).</summary>
internal sealed class PushProtocol(
    GatewayIdentity identity,
    IAdmissionDoor door,
    ShardAppenders appenders,
    PeerSources sources,
    ForgeryWatch forgeries,
    IOptions<NetworkOptions> network,
    IOptions<GatewayOptions> options,
    TimeProvider time) : IDisposable
{
    /// <summary>The protocol id.</summary>
    public const string Id = ProtocolIds.Push;

    private readonly ByteBudget _budget = new(options.Value.MaxPushBytes, options.Value.MaxPushBytes / 2);
    private readonly CancellationTokenSource _draining = new();
    private readonly ConcurrentDictionary<PushSession, Task> _sessions = new();

    /// <summary>Bytes that are being read, or are read and neither refused nor durable yet.</summary>
    public long UnansweredBytes => _budget.Held;

    /// <summary>Serves one stream.</summary>
    public async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        var replies = new PushReplies(stream.Output, identity, network.Value, time);
        var session = new PushSession(stream, sources.Of(Door.Push, stream.Connection), replies, door, appenders, _budget, forgeries, time);
        var running = session.RunAsync(Welcome(), _draining.Token, cancellationToken);
        _sessions.TryAdd(session, running);
        GatewayInstruments.PushStreams.Add(1);
        try
        {
            await running.ConfigureAwait(false);
        }
        finally
        {
            GatewayInstruments.PushStreams.Add(-1);
            _sessions.TryRemove(session, out _);
        }
    }

    /// <summary>Reads no further on any stream, and completes when what was read is answered and the streams are closed.</summary>
    public async Task DrainAsync()
    {
        await _draining.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_sessions.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _draining.Dispose();

    private PushWelcome Welcome() => new()
    {
        Network = network.Value.Network,
        ShardBits = (uint)network.Value.ShardBits,
        Delegation = identity.Delegation.Message,
    };
}
