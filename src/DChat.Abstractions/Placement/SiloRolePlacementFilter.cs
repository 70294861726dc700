using Orleans.Metadata;
using Orleans.Placement;

namespace DChat.Abstractions.Placement;

/// <summary>What <see cref="RequireSiloRoleAttribute"/> says, as it travels in the cluster's manifest of grain types.</summary>
/// <param name="role">The role that the grain needs.</param>
public sealed class SiloRolePlacementFilter(SiloRole role) : PlacementFilterStrategy(order: 0)
{
    private const string RoleProperty = "role";

    /// <summary>For the container: <see cref="AdditionalInitialize"/> reads the role from the manifest.</summary>
    public SiloRolePlacementFilter()
        : this(SiloRole.All)
    {
    }

    /// <summary>The role that the grain needs.</summary>
    public SiloRole Role { get; private set; } = role;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The manifest has no role this version knows.</exception>
    public override void AdditionalInitialize(GrainProperties properties)
    {
        var text = GetPlacementFilterGrainProperty(RoleProperty, properties);
        Role = SiloRoles.TryParse(text, out var parsed)
            ? parsed
            : throw new ArgumentException($"'{text}' is not a role of a silo.", nameof(properties));
    }

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> GetAdditionalGrainProperties(
        IServiceProvider services, Type grainClass, GrainType grainType, IReadOnlyDictionary<string, string> existingProperties) =>
        [new(RoleProperty, Role.ToText())];
}
