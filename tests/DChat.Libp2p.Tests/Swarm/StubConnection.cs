using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Tests.Swarm;

/// <summary>A connection without bytes, for tests of what counts connections.</summary>
internal sealed class StubConnection : IMuxedConnection
{
    private readonly TaskCompletionSource<Exception> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool CanOpen => !_completion.Task.IsCompleted;

    public int StreamCount { get; set; }

    /// <summary>What is done when streams or memory are to be given back.</summary>
    public Action<ResourceKind>? Shed { get; set; }

    public TimeSpan? RoundTripTime => null;

    public Task<Exception> Completion => _completion.Task;

    /// <summary>What is done when the farewell is to be skipped.</summary>
    public Action? FarewellSkipped { get; set; }

    public static PeerConnection To(PrivateKey peer, string address = "/memory/x", Direction direction = Direction.Inbound) =>
        new(new StubConnection(), peer.PublicKey, Multiaddr.Parse("/memory/here"), Multiaddr.Parse(address), direction, DateTimeOffset.UnixEpoch);

    public void Start()
    {
    }

    public ValueTask<IMuxedStream> OpenStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IMuxedStream?> AcceptStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void LimitSendAhead()
    {
    }

    public void LimitBy(IStreamBudget budget)
    {
    }

    public int ShedStreams()
    {
        Shed?.Invoke(ResourceKind.InboundStreams);
        return StreamCount;
    }

    public void ShedMemory() => Shed?.Invoke(ResourceKind.Memory);

    public void SkipFarewell() => FarewellSkipped?.Invoke();

    public Task CloseAsync()
    {
        _completion.TrySetResult(new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "Closed."));
        return Task.CompletedTask;
    }
}
