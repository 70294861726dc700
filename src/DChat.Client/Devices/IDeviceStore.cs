using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;

namespace DChat.Client.Devices;

/// <summary>Keeps a device's key and the sequences it has used. Thread-safe.</summary>
public interface IDeviceStore
{
    /// <summary>The most sequences one reservation takes.</summary>
    const int MaxReservation = 256;

    /// <summary>The device key; owned by the store.</summary>
    DeviceSecret Device { get; }

    /// <summary>
    /// Reserves sequences of an author key. They are never handed out again, by this or any other process that shares the
    /// store, even after a crash: a relay's receivers take two messages under one sequence for proof of cheating.
    /// </summary>
    /// <param name="author">The author key.</param>
    /// <param name="count">How many, 1 to <see cref="MaxReservation"/>.</param>
    /// <param name="cancellationToken">Stops waiting; sequences reserved meanwhile are lost, which does no harm.</param>
    /// <returns>The first of <paramref name="count"/> consecutive sequences, from 1; the reservation is durable.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is out of range.</exception>
    /// <exception cref="DChatException">The store cannot be used; see <see cref="DChatErrorCodes"/>.</exception>
    ValueTask<ulong> ReserveAsync(AuthorKey author, int count, CancellationToken cancellationToken);
}
