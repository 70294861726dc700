using DChat.Core.Identity;

namespace DChat.Client;

/// <summary>What came of <see cref="IDChatDevices.SyncAsync"/>.</summary>
/// <param name="Standing">How this device stands with its identity; <see cref="DeviceStanding.Unknown"/> while it has none, or has not been added.</param>
/// <param name="StatesRead">How many states of other devices were new and merged.</param>
/// <param name="IsWritten">Whether this device's state was sealed anew, because the others lacked something.</param>
/// <param name="TopicsAdded">How many topics of other devices are kept here now and were not before.</param>
public sealed record DeviceSyncReport(DeviceStanding Standing, int StatesRead, bool IsWritten, int TopicsAdded);
