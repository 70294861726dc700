using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Testing.Gateways;

namespace DChat.Benchmarks.Gateway;

/// <summary>One push stream of a device that keeps on sending while it takes the answers.</summary>
internal sealed class Pusher : IAsyncDisposable
{
    private readonly PushPeer _peer;
    private readonly Task _answers;
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private long _sent;
    private long _accepted;
    private bool _isDone;

    private Pusher(PushPeer peer)
    {
        _peer = peer;
        _answers = Task.Run(ReadAsync);
    }

    /// <summary>Told the number of each envelope, from 0 on, when its acceptance has come. Set it before anything is sent.</summary>
    public Action<long> Accepted { get; set; } = _ => { };

    /// <summary>Opens streams to an edge on one connection.</summary>
    public static async Task<Pusher[]> OpenAsync(Libp2pHost host, Multiaddr edge, int streams)
    {
        var connection = await host.ConnectAsync(edge);
        var pushers = new Pusher[streams];
        for (var i = 0; i < streams; i++)
        {
            pushers[i] = new Pusher(await PushPeer.OpenAsync(host, connection, TimeProvider.System, CancellationToken.None, isVerifying: false));
        }

        return pushers;
    }

    /// <summary>Sends one request, without waiting for its answers.</summary>
    public async Task SendAsync(IReadOnlyCollection<ReadOnlyMemory<byte>> envelopes)
    {
        lock (_gate)
        {
            _sent += envelopes.Count;
        }

        await _peer.SendAsync(envelopes, CancellationToken.None);
    }

    /// <summary>Completes when everything sent is accepted; nothing may be sent after the call.</summary>
    /// <exception cref="InvalidOperationException">Something was refused, or the edge ended the stream.</exception>
    public async Task FinishAsync()
    {
        lock (_gate)
        {
            _isDone = true;
            CheckDone();
        }

        if (await Task.WhenAny(_all.Task, _answers) == _answers)
        {
            await _answers;
        }
    }

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    private async Task ReadAsync()
    {
        while (await _peer.ReadAsync(CancellationToken.None) is { } reply)
        {
            if (reply.Rejected is [var refused, ..])
            {
                throw new InvalidOperationException($"A message was not accepted: {refused.Code}.");
            }

            foreach (var accepted in reply.Accepted)
            {
                Accepted((long)accepted.Number);
            }

            lock (_gate)
            {
                _accepted += reply.Accepted.Count;
                CheckDone();
            }
        }

        throw new InvalidOperationException("The edge ended a push stream.");
    }

    private void CheckDone()
    {
        if (_isDone && _accepted == _sent)
        {
            _all.TrySetResult();
        }
    }
}
