using Orleans.Placement;

namespace DChat.Abstractions.Placement;

/// <summary>
/// Places a grain only on silos whose role includes the given one, whoever calls it. While no such silo is active, calls
/// fail at once with an <see cref="OrleansException"/>, which is transient.
/// </summary>
/// <param name="role"><see cref="SiloRole.Core"/> or <see cref="SiloRole.Edge"/>; <see cref="SiloRole.All"/> asks for both in one silo.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequireSiloRoleAttribute(SiloRole role) : PlacementFilterAttribute(new SiloRolePlacementFilter(role))
{
    /// <summary>The role that the grain needs.</summary>
    public SiloRole Role { get; } = role;
}
