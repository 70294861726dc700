using System.Buffers;

namespace DChat.Libp2p.Yamux;

/// <content>The reading loop: frames in, effects on streams out.</content>
internal sealed partial class YamuxSession
{
    // Payload of the data frame that is arriving; its stream is null when it is to be dropped.
    private uint _payloadLeft;
    private YamuxStream? _payloadStream;
    private bool _payloadEndsStream;
    private YamuxStream? _undelivered;

    private async Task ReadFramesAsync()
    {
        try
        {
            while (true)
            {
                var result = await _pipe.Input.ReadAsync().ConfigureAwait(false);
                var buffer = result.Buffer;
                OnReceived();
                ProcessFrames(ref buffer);
                _pipe.Input.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted || _fault is not null)
                {
                    Terminate(ClosedByPeer(), goAway: null);
                    return;
                }
            }
        }
        catch (Libp2pException e) when (e.Code is Libp2pErrorCodes.ProtocolViolation or Libp2pErrorCodes.LimitReached)
        {
            Terminate(e, YamuxGoAway.ProtocolError);
        }
        catch (Exception e)
        {
            // Whatever the transport throws is the end of the connection.
            Terminate(Lost(e), goAway: null);
        }
    }

    private void ProcessFrames(ref ReadOnlySequence<byte> buffer)
    {
        Span<byte> bytes = stackalloc byte[YamuxHeader.Size];
        while (true)
        {
            if (_payloadLeft > 0)
            {
                ReceivePayload(ref buffer);
            }

            if (_payloadLeft > 0 || buffer.Length < YamuxHeader.Size)
            {
                Deliver(null);
                return;
            }

            buffer.Slice(0, YamuxHeader.Size).CopyTo(bytes);
            buffer = buffer.Slice(YamuxHeader.Size);
            Process(YamuxHeader.Read(bytes));
        }
    }

    /// <summary>Passes on what is there of a payload; frames may be as long as the window, so they are never gathered.</summary>
    private void ReceivePayload(ref ReadOnlySequence<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _payloadLeft);
        if (_payloadStream is not null)
        {
            Deliver(_payloadStream);
            _payloadStream.Receive(buffer.Slice(0, length));
        }

        buffer = buffer.Slice(length);
        _payloadLeft -= (uint)length;
        if (_payloadLeft == 0)
        {
            EndPayload();
        }
    }

    /// <summary>Wakes the reader of the stream that bytes came for last, unless more may come for it at once.</summary>
    private void Deliver(YamuxStream? next)
    {
        if (_undelivered != next)
        {
            _undelivered?.Deliver();
            _undelivered = next;
        }
    }

    private void EndPayload()
    {
        if (_payloadEndsStream)
        {
            _payloadStream?.OnFin();
        }

        _payloadStream = null;
    }

    private void Process(in YamuxHeader header)
    {
        switch (header.Type)
        {
            case YamuxType.Ping:
                OnPing(header);
                break;
            case YamuxType.GoAway:
                OnGoAway((YamuxGoAway)header.Length);
                break;
            default:
                OnStreamFrame(header);
                break;
        }
    }

    private void OnStreamFrame(in YamuxHeader header)
    {
        var stream = header.Has(YamuxFlags.Syn) ? OnSyn(header.StreamId) : Find(header.StreamId);
        if (stream is not null && header.Has(YamuxFlags.Ack))
        {
            Acknowledge(stream);
        }

        var isReset = header.Has(YamuxFlags.Rst);
        if (isReset)
        {
            stream?.Abort(YamuxErrorCodes.Fault(header.Type == YamuxType.WindowUpdate ? (YamuxErrorCode)header.Length : YamuxErrorCode.None));
        }

        if (header.Type == YamuxType.Data)
        {
            StartPayload(header, isReset ? null : stream);
        }
        else if (!isReset)
        {
            // The length of a reset is an error code, so only otherwise is it window.
            stream?.OnWindowUpdate(header.Length);
            if (header.Has(YamuxFlags.Fin))
            {
                stream?.OnFin();
            }
        }
    }

    private void StartPayload(in YamuxHeader header, YamuxStream? stream)
    {
        // Frames for streams that have ended are late, not wrong; even those cannot be longer than any window was.
        if (stream is null ? header.Length > Options.MaxWindow : !stream.TryReserve(header.Length))
        {
            stream?.Reset();
            throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"The peer overran the receive window of stream {header.StreamId}.");
        }

        _payloadStream = stream;
        _payloadLeft = header.Length;
        _payloadEndsStream = header.Has(YamuxFlags.Fin);
        if (_payloadLeft == 0)
        {
            EndPayload();
        }
    }

    private YamuxStream? Find(uint id)
    {
        lock (_gate)
        {
            return _streams.GetValueOrDefault(id);
        }
    }

    /// <summary>Takes on a stream the peer opens; null when it is refused.</summary>
    private YamuxStream? OnSyn(uint id)
    {
        if ((id % 2 == 0) != _isInitiator)
        {
            throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"The peer opened stream {id}, which is not its to open.");
        }

        if (Find(id) is not null)
        {
            throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"The peer opened stream {id} twice.");
        }

        if (Budget is not { } budget)
        {
            return TryTakeOn(id) ?? Refuse(id);
        }

        if (budget.AddStream(isOutbound: false) is not null)
        {
            return Refuse(id);
        }

        if (TryTakeOn(id) is { } stream)
        {
            return stream;
        }

        budget.RemoveStream(isOutbound: false);
        return Refuse(id);
    }

    private YamuxStream? TryTakeOn(uint id)
    {
        lock (_gate)
        {
            if (_fault is null && _inbound < Options.MaxInboundStreams)
            {
                var stream = new YamuxStream(this, id, isOutbound: false);
                if (_accepted.Writer.TryWrite(stream))
                {
                    _inbound++;
                    _streams.Add(id, stream);
                    return stream;
                }
            }

            return null;
        }
    }

    private YamuxStream? Refuse(uint id)
    {
        SendAnswer(YamuxType.WindowUpdate, YamuxFlags.Rst, id, (uint)YamuxErrorCode.LimitReached);
        return null;
    }

    private void OnGoAway(YamuxGoAway code)
    {
        if (code != YamuxGoAway.Normal)
        {
            throw new Libp2pException(Libp2pErrorCodes.ConnectionClosed, $"The peer ended the connection with code {(uint)code}.", isTransient: true);
        }

        bool idle;
        lock (_gate)
        {
            _remoteGoAway = true;
            idle = _streams.Count == 0;
        }

        if (idle)
        {
            Terminate(ClosedByPeer(), YamuxGoAway.Normal);
        }
    }
}
