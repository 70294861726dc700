namespace DChat.Libp2p.Yamux;

/// <content>The sending half: the window that the peer grants, and what leaves within it.</content>
internal sealed partial class YamuxStream
{
    /// <summary>The peer allows more bytes.</summary>
    internal void OnWindowUpdate(uint delta)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            // More than a frame's length field can say is as good as that.
            _sendWindow = Math.Min(_sendWindow + delta, uint.MaxValue);
            waiter = _windowOpened;
            _windowOpened = null;
        }

        waiter?.TrySetResult();
    }

    /// <summary>Reserves up to <paramref name="wanted"/> bytes of the send window, waiting while there is none. 0 when cancelled by <see cref="CancelWindowWait"/>.</summary>
    internal ValueTask<int> ReserveSendAsync(int wanted, CancellationToken cancellationToken) =>
        TryReserveSend(wanted, out var opened) is > 0 and var granted ? new(granted) : AwaitWindowAsync(wanted, opened!, cancellationToken);

    /// <summary>Lets a waiting <see cref="ReserveSendAsync"/> return 0.</summary>
    internal void CancelWindowWait()
    {
        lock (_gate)
        {
            _windowOpened?.TrySetCanceled();
            _windowOpened = null;
        }
    }

    /// <summary>Sends one frame within a reservation; the reservation is given back when the caller gives up.</summary>
    internal ValueTask SendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var sending = _session.Output.WriteDataAsync(StreamId, payload, cancellationToken);
        return sending.IsCompletedSuccessfully ? sending : AwaitSendingAsync(sending, payload.Length);
    }

    /// <summary>Reserves up to <paramref name="wanted"/> bytes of the send window; 0 while there is none, until <paramref name="opened"/> completes.</summary>
    private int TryReserveSend(int wanted, out TaskCompletionSource? opened)
    {
        lock (_gate)
        {
            ThrowIfNotWritable();
            _sendWindow = Math.Min(_sendWindow, _session.MaxSendAhead);
            var granted = (int)Math.Min(Math.Min(wanted, MaxFrame), _sendWindow);
            _sendWindow -= granted;
            opened = granted > 0 ? null : _windowOpened ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return granted;
        }
    }

    private async ValueTask<int> AwaitWindowAsync(int wanted, TaskCompletionSource opened, CancellationToken cancellationToken)
    {
        for (var wait = opened; ;)
        {
            if (await WaitAsync(wait, cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }

            if (TryReserveSend(wanted, out var next) is > 0 and var granted)
            {
                return granted;
            }

            wait = next!;
        }
    }

    private async ValueTask AwaitSendingAsync(ValueTask sending, int length)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            OnWindowUpdate((uint)length);
            throw;
        }
    }

    private static async ValueTask<bool> WaitAsync(TaskCompletionSource wait, CancellationToken cancellationToken)
    {
        try
        {
            await wait.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }
}
