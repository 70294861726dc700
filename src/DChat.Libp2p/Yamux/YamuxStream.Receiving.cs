using System.Buffers;
using System.Diagnostics;

namespace DChat.Libp2p.Yamux;

/// <content>The receiving half: the window, and what arrives within it.</content>
internal sealed partial class YamuxStream
{
    /// <summary>The largest piece in which arriving bytes are stored while the window is small: one that holds a frame.</summary>
    private const int LargePiece = MaxFrame;

    /// <summary>
    /// Pieces that a full, grown window consists of: as many as the shared pool keeps of one size for each core. With
    /// more, a stream whose reader lags by a window would allocate all of it anew.
    /// </summary>
    private const int PiecesPerWindow = 32;

    /// <summary>Takes a frame's length off the receive window; false when the peer overran it.</summary>
    internal bool TryReserve(uint length)
    {
        lock (_gate)
        {
            if (length > _receiveLeft)
            {
                return false;
            }

            _receiveLeft -= length;
            return true;
        }
    }

    /// <summary>Stores arriving bytes, which <see cref="TryReserve"/> made room for.</summary>
    internal void Receive(in ReadOnlySequence<byte> bytes)
    {
        lock (_gate)
        {
            if (_fault is not null || _readerDone || _finReceived)
            {
                return;
            }

            if (TryTakeMemory(bytes.Length))
            {
                foreach (var segment in bytes)
                {
                    Store(segment.Span);
                }

                return;
            }
        }

        Reset(new Libp2pException(Libp2pErrorCodes.LimitReached, "The host holds as much unread as it takes.", isTransient: true));
    }

    /// <summary>Lets the application read what <see cref="Receive"/> has stored.</summary>
    internal void Deliver()
    {
        lock (_gate)
        {
            if (_fault is null && !_finReceived)
            {
                var flush = _inbound.Writer.FlushAsync();
                Debug.Assert(flush.IsCompletedSuccessfully, "The pipe has no threshold; the window is the limit.");
            }
        }
    }

    /// <summary>The peer has ended its half.</summary>
    internal void OnFin()
    {
        bool finished;
        lock (_gate)
        {
            if (_finReceived || _fault is not null)
            {
                return;
            }

            _finReceived = true;
            _inbound.Writer.Complete();
            finished = _finSent;
        }

        FinishIf(finished);
    }

    /// <summary>The application has seen bytes: opens the window again once half of it is used up.</summary>
    internal void OnExamined(long count)
    {
        long delta;
        lock (_gate)
        {
            _unread -= count;
            ReturnMemory(MemoryFor(_unread));
            _examined += count;
            if (_finReceived || _fault is not null || _examined < _receiveWindow / 2)
            {
                return;
            }

            GrowWindow();

            // The peer may hold a full window again: what it has left plus the update.
            delta = _examined;
            _examined = 0;
            _receiveLeft += delta;
        }

        _session.Output.WriteControl(new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.None, StreamId, (uint)delta));
    }

    /// <summary>The application will not read on.</summary>
    internal void OnReaderDone()
    {
        lock (_gate)
        {
            if (_readerDone)
            {
                return;
            }

            _readerDone = true;
            ReturnMemory(0);
            StartCloseTimer();
        }
    }

    /// <summary>
    /// Fills the current piece, then one as large as what is unread: a stream that is read at once holds little, and a
    /// window full of small frames is few pieces.
    /// </summary>
    private void Store(ReadOnlySpan<byte> bytes)
    {
        _unread += bytes.Length;
        var nextPiece = (int)Math.Min(_unread, Math.Max(LargePiece, _receiveWindow / PiecesPerWindow));
        while (!bytes.IsEmpty)
        {
            var piece = _inbound.Writer.GetSpan(_isPieceFull ? nextPiece : 0);
            var length = Math.Min(piece.Length, bytes.Length);
            bytes[..length].CopyTo(piece);
            _inbound.Writer.Advance(length);
            _isPieceFull = length == piece.Length;
            bytes = bytes[length..];
        }
    }

    /// <summary>
    /// Doubles the window when half of it was used up within four round trips: then it, not the network or the
    /// application, is what limits the stream. Go and js do the same.
    /// </summary>
    private void GrowWindow()
    {
        var now = _session.Time.GetTimestamp();
        var elapsed = _session.Time.GetElapsedTime(_epochStart, now);
        _epochStart = now;
        if (_session.RoundTripTime is not { } roundTrip || elapsed > 4 * roundTrip)
        {
            return;
        }

        var growth = _session.ReserveWindowGrowth(Math.Min(_receiveWindow, _session.Options.MaxWindow - _receiveWindow));
        _receiveWindow += growth;
        _examined += growth;
    }
}
